import { described } from '../../base/described.ts';
import { messageOf, UsageError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { shortened } from '../../base/quoted.ts';
import { orAborted } from '../../base/until-aborted.ts';
import type { CheckedSample, StreamReader, StreamSource } from '../picture-source.ts';
import { sharedMemory } from '../shared-memory.ts';
import type { PictureDataset } from '../source.ts';
import { KeptPictures } from './kept-pictures.ts';
import { checkSample, type OwnSample } from './own-samples.ts';

/** What begins a stream of pictures anew for each epoch. */
export interface OwnStream {
  /** Pictures of an epoch: so many are taken of each stream, which may go on. One that has fewer is an error. */
  readonly length: number;
  /**
   * Begins the pictures of an epoch, from 0 on, in the order in which they are to be shown. For the same epoch and seed it must give the
   * same pictures: a run that goes on in the middle of an epoch begins it anew and passes over what it has seen.
   */
  readonly stream: (epoch: number, seed: number) => Iterable<OwnSample> | AsyncIterable<OwnSample>;
}

/** Pictures of a stream that stand for all of them, to be looked at, listed and hashed. */
const lookedAt = 128;

/** Pictures that are passed over before everything else that waits has its turn. */
const skippedAtOnce = 64;

/** Checks what it reads. */
class CheckingReader implements StreamReader {
  readonly epoch: number;
  readonly #name: string;
  readonly #given: OwnStream;
  readonly #classes: readonly string[];
  readonly #seed: number;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  #at = 0;

  constructor(name: string, given: OwnStream, classes: readonly string[], epoch: number, seed: number) {
    this.#name = name;
    this.#given = given;
    this.#classes = classes;
    this.epoch = epoch;
    this.#seed = seed;
  }

  get at(): number {
    return this.#at;
  }

  async next(signal?: AbortSignal): Promise<CheckedSample> {
    const where = `ownData: ${this.#name}[${this.#at}] of epoch ${this.epoch}`;
    let result: IteratorResult<unknown>;
    try {
      this.#iterator ??= iteratorOf(this.#given.stream(this.epoch, this.#seed));
      result = await orAborted(Promise.resolve(this.#iterator.next()), signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new UsageError(`${where}: its stream threw ${shortened(messageOf(error), 500)}`, {
        cause: error,
      });
    }
    if (result.done === true) {
      throw new UsageError(
        `ownData: the stream of ${this.#name} ended after ${this.#at} pictures of epoch ${this.epoch}, expected its length, ${this.#given.length}`,
      );
    }
    this.#at++;
    return checkSample(result.value, this.#classes, where);
  }

  async skipTo(at: number, signal: AbortSignal): Promise<void> {
    while (this.#at < at) {
      await this.next(signal);
      if (this.#at % skippedAtOnce === 0) await nextTask();
    }
  }

  end(): void {
    try {
      void Promise.resolve(this.#iterator?.return?.()).catch(() => undefined);
    } catch {
      // What a generator throws when it is ended has no picture any more that it could be about.
    }
    this.#iterator = undefined;
  }
}

function iteratorOf(given: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  const samples = given as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  const iterator = samples?.[Symbol.asyncIterator]?.() ?? samples?.[Symbol.iterator]?.();
  if (iterator === undefined) {
    throw new UsageError(`no pictures: expected an iterable or an async one, got ${described(given)}`);
  }
  return iterator;
}

/** Opens a stream: its first pictures are read and kept, to know it again by. */
export async function openStream(
  name: string,
  title: string,
  given: OwnStream,
  classes: readonly string[],
  seed: number,
): Promise<PictureDataset> {
  const { length } = given;
  const reader = new CheckingReader(name, given, classes, 0, seed);
  const kept = new KeptPictures(name);
  try {
    while (kept.length < Math.min(length, lookedAt)) kept.add(await reader.next());
  } finally {
    reader.end();
  }
  const known = kept.dataset(title, classes);
  const source: StreamSource = {
    kind: 'stream',
    length,
    begin: (epoch, of) => new CheckingReader(name, given, classes, epoch, of),
  };
  // Known as the stream goes on.
  const labels = new Int32Array(sharedMemory(4 * length)).fill(-1);
  return {
    ...{ name: title, classes, length, labels, source, known },
    id: (index) => `${name}[${index}]`,
    label(index) {
      const label = labels[index];
      if (label >= 0) return label;
      throw new UsageError(
        `${title}: the class of ${name}[${index}] is known when its stream comes to it: what needs all classes before (balance, a split) takes pictures that are kept`,
      );
    },
  };
}

/** All pictures of a stream's first epoch, kept. */
export async function keepStream(
  kept: KeptPictures,
  name: string,
  given: OwnStream,
  classes: readonly string[],
  seed: number,
): Promise<void> {
  const reader = new CheckingReader(name, given, classes, 0, seed);
  try {
    while (kept.length < given.length) kept.add(await reader.next());
  } finally {
    reader.end();
  }
}
