import { CardinalError, messageOf, ShortageError, UsageError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import type { Picture } from './dataset.ts';
import { mixBatch } from './mix.ts';
import { evalPipeline, trainPipeline, type Pipeline } from './pipeline.ts';
import type { Augmentation, Mix, Preprocessing } from './preprocessing.ts';
import { membersByClass } from './split.ts';
import { rowOfTargets } from './targets.ts';

/** A pipeline that is told the picture's turn, too: its epoch, its index and, if it was in the epoch before, how often. */
type TurnPipeline = (...args: [...Parameters<Pipeline>, turn: readonly number[]]) => void | Promise<void>;

/** What a program's own functions make of the usual pipeline. */
export type OwnPipeline = (usual: TurnPipeline) => TurnPipeline;

/** What is to be done with the pictures of a dataset; plain data, so that it can be handed to a worker, where nothing is a program's own. */
export interface AssemblySpec {
  readonly preprocessing: Preprocessing;
  readonly augmentation: Augmentation | undefined;
  readonly mix: Mix | undefined;
  readonly classes: number;
  readonly seed: number;
  /** A picture that cannot be decoded is replaced in training, left out in evaluation, an error if strict. */
  readonly unreadable: 'replace' | 'leave-out' | 'refuse';
  readonly own?: OwnPipeline | undefined;
}

export interface BatchRequest {
  readonly epoch: number;
  /** Position of the batch in its epoch. */
  readonly batch: number;
  readonly indices: Uint32Array;
  /** How often each sample was in this epoch before, where any comes twice: it is then augmented differently. */
  readonly repeats?: Uint32Array | undefined;
  /** Positions of samples that are there to be mixed with the next one, and are not in the batch that comes of it; in training alone. */
  readonly partners?: readonly number[] | undefined;
}

export interface AssembledBatch {
  readonly size: number;
  readonly labels: Int32Array;
  readonly indices: Uint32Array;
  /** Samples that could not be decoded. */
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
}

/** The epoch, and how often the sample was in it before. */
interface Turn {
  readonly epoch: number;
  readonly repeat: number;
}

type Decoded = { readonly picture: Picture } | { readonly reason: string };

/**
 * Fills batches with decoded, augmented, normalised and mixed pictures. What a slot holds depends on (seed, epoch, index)
 * alone: not on the batches before it, not on the worker that does it.
 *
 * Where a training picture cannot be decoded, another of its class takes its slot: the first readable one in the order
 * that `Rng.of(seed, 'substitute', index)` gives, so a resumed run finds the same one.
 */
export class Assembler {
  readonly #spec: AssemblySpec;
  readonly #labels: Int32Array;
  readonly #targets: Float32Array | undefined;
  readonly #decode: (index: number) => Promise<Picture>;
  readonly #idOf: (index: number) => string;
  readonly #pipeline: TurnPipeline;
  /** Why samples that were tried could not be decoded, so that none is tried twice. */
  readonly #unreadable = new Map<number, string>();
  #members: Uint32Array[] | undefined;

  constructor(
    spec: AssemblySpec,
    labels: Int32Array,
    decode: (index: number) => Promise<Picture>,
    idOf: (index: number) => string,
    targets?: Float32Array,
  ) {
    const { preprocessing, augmentation, own } = spec;
    this.#spec = spec;
    this.#labels = labels;
    this.#targets = targets;
    this.#decode = decode;
    this.#idOf = idOf;
    const usual = augmentation ? trainPipeline(preprocessing, augmentation) : evalPipeline(preprocessing);
    this.#pipeline = own?.(usual) ?? usual;
  }

  /** Has a sample count as one that cannot be decoded. */
  giveUp(index: number, reason: string): void {
    this.#unreadable.set(index, reason);
  }

  /** Writes a batch to `input` (N×H×W×C) and `target` (N×K); rows that stay free become zero. */
  async assemble(request: BatchRequest, input: Float32Array, target: Float32Array): Promise<AssembledBatch> {
    const { preprocessing, classes, mix, seed } = this.#spec;
    const { channels } = preprocessing;
    const [height, width] = preprocessing.size;
    const pictureSize = height * width * channels;
    const indices: number[] = [];
    const failures: { index: number; reason: string }[] = [];
    target.fill(0);
    if (request.indices.length === 0) {
      input.fill(0);
      return { size: 0, labels: new Int32Array(0), indices: new Uint32Array(0), failures };
    }

    // The next picture is decoded (on another thread, where decoding is asynchronous) while this one is transformed.
    let ahead = this.#tryDecode(request.indices[0]);
    for (const [position, index] of request.indices.entries()) {
      const decoded = await ahead;
      if (position + 1 < request.indices.length) ahead = this.#tryDecode(request.indices[position + 1]);
      const at = indices.length * pictureSize;
      const turn = { epoch: request.epoch, repeat: request.repeats?.[position] ?? 0 };
      const used = await this.#fill(turn, index, decoded, input, at, failures);
      if (used === undefined) continue;
      const row = indices.length * classes;
      if (this.#targets === undefined) target[row + this.#labels[used]] = 1;
      else target.set(rowOfTargets(this.#targets, this.#labels.length, used), row);
      indices.push(used);
    }

    let size = indices.length;
    input.fill(0, size * pictureSize);
    if (mix) {
      const rng = Rng.of(seed, 'mix', request.epoch, request.batch);
      mixBatch({ size, height, width, channels, classes, input, target }, mix, rng);
    }
    // In training every position has a picture, so positions are rows; the last first, so that those before keep theirs.
    for (const row of [...(request.partners ?? [])].reverse()) {
      indices.splice(row, 1);
      size--;
      input.copyWithin(row * pictureSize, (row + 1) * pictureSize).fill(0, size * pictureSize);
      target.copyWithin(row * classes, (row + 1) * classes).fill(0, size * classes);
    }
    return {
      size,
      indices: Uint32Array.from(indices),
      labels: Int32Array.from(indices, (index) => this.#labels[index]),
      failures,
    };
  }

  /** Puts sample `index`, or what replaces it, at `at`. Returns the sample that was used, if any. */
  async #fill(
    turn: Turn,
    index: number,
    decoded: Decoded,
    input: Float32Array,
    at: number,
    failures: { index: number; reason: string }[],
  ): Promise<number | undefined> {
    const attempt = async (candidate: number, result: Decoded): Promise<boolean> => {
      const reason =
        'reason' in result ? result.reason : await this.#transform(turn, index, result.picture, input, at);
      if (reason === undefined) return true;
      this.#unreadable.set(candidate, reason);
      failures.push({ index: candidate, reason });
      if (this.#spec.unreadable === 'refuse') {
        throw new CardinalError(`${this.#idOf(candidate)} cannot be read: ${reason}`);
      }
      return false;
    };
    if (await attempt(index, decoded)) return index;
    if (this.#spec.unreadable === 'leave-out') return undefined;
    for (const candidate of this.#substitutes(index)) {
      if (await attempt(candidate, await this.#tryDecode(candidate))) return candidate;
    }
    throw new CardinalError(
      `${this.#idOf(index)} cannot be read, and neither can any other picture of its class: ${this.#unreadable.get(index) ?? ''}`,
    );
  }

  /** Returns the reason if the picture cannot be used. */
  async #transform(
    { epoch, repeat }: Turn,
    index: number,
    picture: Picture,
    input: Float32Array,
    at: number,
  ): Promise<string | undefined> {
    try {
      const path = repeat === 0 ? [epoch, index] : [epoch, index, repeat];
      await this.#pipeline(picture, Rng.of(this.#spec.seed, 'augment', ...path), input, at, path);
      return undefined;
    } catch (error) {
      // A mistake of the program is none of the picture.
      if (error instanceof CardinalError && !(error instanceof UsageError)) return error.message;
      throw error;
    }
  }

  async #tryDecode(index: number): Promise<Decoded> {
    const known = this.#unreadable.get(index);
    if (known !== undefined) return { reason: known };
    try {
      return { picture: await this.#decode(index) };
    } catch (error) {
      // Another picture in its place would change what is learned.
      if (error instanceof ShortageError) throw error;
      return { reason: messageOf(error) };
    }
  }

  #substitutes(index: number): number[] {
    this.#members ??= membersByClass(this.#labels, this.#spec.classes);
    const members = this.#members[this.#labels[index]];
    const order = Rng.of(this.#spec.seed, 'substitute', index).permutation(members.length);
    return Array.from(order, (position) => members[position]).filter((member) => member !== index);
  }
}
