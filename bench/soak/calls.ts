import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CardinalError, DisposedError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import { loadClassifier } from '../../src/node/classifier.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import type { PictureInput } from '../../src/data/picture-forms.ts';
import type { SoakPicture } from './pictures.ts';

/** Callers at a time. */
const callers = 6;
/** Calls after which the younger classifier is replaced, and disposed of while others still wait for it. */
const life = 400;

export interface CallCounts {
  answered: number;
  /** Damaged pictures, refused in one line. */
  refused: number;
  /** Calls that waited for a classifier when it was disposed of. */
  disposed: number;
  classifiers: number;
}

/**
 * Calls of `classify`, spread evenly over the time that there is for them: some callers at a time, two classifiers (one lives
 * for as long as the soak does), pictures in every form that a caller may give them in. An answer must be the same whenever the
 * same picture is given; a damaged picture must be answered or refused with a `CardinalError` of one line.
 */
export class Calls {
  readonly counts: CallCounts = { answered: 0, refused: 0, disposed: 0, classifiers: 0 };
  readonly #weights: string;
  readonly #pictures: readonly SoakPicture[];
  readonly #folder: string;
  readonly #rng: Rng;
  readonly #perSecond: number;
  readonly #total: number;
  /** What each picture's answer was at first. */
  readonly #answers = new Map<string, string>();
  #begun = 0;
  #old: Classifier | undefined;
  #young: Classifier | undefined;

  constructor(
    options: {
      readonly weights: string;
      readonly pictures: readonly SoakPicture[];
      /** Pictures are written to it, for callers who give a path. */
      readonly folder: string;
      readonly seed: number;
    },
    total: number,
    seconds: number,
  ) {
    this.#weights = options.weights;
    this.#pictures = options.pictures;
    this.#folder = options.folder;
    this.#rng = Rng.of(options.seed, 'calls');
    this.#total = total;
    this.#perSecond = total / seconds;
  }

  get begun(): number {
    return this.#begun;
  }

  async open(): Promise<void> {
    for (const { name, bytes } of this.#pictures) await writeFile(join(this.#folder, name), bytes);
    this.#old = await this.#load();
  }

  /** Calls until `signal`, and then until every call is answered. `seconds` tells how long the soak has gone on. */
  async call(signal: AbortSignal, seconds: () => number): Promise<void> {
    this.#young = await this.#load();
    await Promise.all(Array.from({ length: callers }, () => this.#caller(signal, seconds)));
    await this.#young.dispose();
    this.#young = undefined;
  }

  async close(): Promise<void> {
    await this.#old?.dispose();
  }

  async #caller(signal: AbortSignal, seconds: () => number): Promise<void> {
    while (!signal.aborted && this.#begun < this.#total) {
      const early = (this.#begun + 1) / this.#perSecond - seconds();
      if (early > 0) {
        await wait(1000 * Math.min(early, 1));
        continue;
      }
      this.#begun++;
      if (this.#begun % life === 0) await this.#replace();
      const classifier = this.#rng.int(2) === 0 ? this.#young : this.#old;
      if (classifier === undefined) throw new Error('no classifier');
      await this.#once(classifier, this.#pictures[this.#rng.int(this.#pictures.length)]);
    }
  }

  async #once(classifier: Classifier, { name, bytes, damaged }: SoakPicture): Promise<void> {
    try {
      const answer = JSON.stringify(await classifier.classify(this.#given(name, bytes), { topK: 2 }));
      this.counts.answered++;
      const first = this.#answers.get(name) ?? answer;
      this.#answers.set(name, first);
      if (answer !== first) throw new Error(`${name}: ${answer}, before ${first}`);
    } catch (error) {
      if (error instanceof DisposedError) this.counts.disposed++;
      else if (damaged && error instanceof CardinalError && !error.message.includes('\n'))
        this.counts.refused++;
      else throw error;
    }
  }

  async #replace(): Promise<void> {
    const outgoing = this.#young;
    this.#young = await this.#load();
    await outgoing?.dispose();
  }

  async #load(): Promise<Classifier> {
    this.counts.classifiers++;
    return loadClassifier(this.#weights, { threads: 1 + this.#rng.int(2) });
  }

  #given(name: string, bytes: Buffer): PictureInput {
    const path = join(this.#folder, name);
    switch (this.#rng.int(6)) {
      case 0:
        return path;
      case 1:
        return pathToFileURL(path);
      case 2:
        return new Uint8Array(bytes);
      case 3:
        return new Blob([new Uint8Array(bytes)]);
      case 4:
        return Readable.from([bytes.subarray(0, 50), bytes.subarray(50)]);
      default:
        return bytes;
    }
  }
}
