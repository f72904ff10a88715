import { CardinalError, messageOf, ShortageError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import type { Picture } from './dataset.ts';
import { mixBatch } from './mix.ts';
import { evalPipeline, trainPipeline, type Pipeline } from './pipeline.ts';
import type { Augmentation, Mix, Preprocessing } from './preprocessing.ts';
import { membersByClass } from './split.ts';

/** What is to be done with the pictures of a dataset; plain data, so that it can be handed to a worker. */
export interface AssemblySpec {
  readonly preprocessing: Preprocessing;
  readonly augmentation: Augmentation | undefined;
  readonly mix: Mix | undefined;
  readonly classes: number;
  readonly seed: number;
  /** A picture that cannot be decoded is replaced in training, left out in evaluation, an error if strict. */
  readonly unreadable: 'replace' | 'leave-out' | 'refuse';
}

export interface BatchRequest {
  readonly epoch: number;
  /** Position of the batch in its epoch. */
  readonly batch: number;
  readonly indices: Uint32Array;
  /** How often each sample was in this epoch before, where any comes twice: it is then augmented differently. */
  readonly repeats?: Uint32Array | undefined;
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
  readonly #decode: (index: number) => Promise<Picture>;
  readonly #idOf: (index: number) => string;
  readonly #pipeline: Pipeline;
  /** Why samples that were tried could not be decoded, so that none is tried twice. */
  readonly #unreadable = new Map<number, string>();
  #members: number[][] | undefined;

  constructor(
    spec: AssemblySpec,
    labels: Int32Array,
    decode: (index: number) => Promise<Picture>,
    idOf: (index: number) => string,
  ) {
    const { preprocessing, augmentation } = spec;
    this.#spec = spec;
    this.#labels = labels;
    this.#decode = decode;
    this.#idOf = idOf;
    this.#pipeline = augmentation ? trainPipeline(preprocessing, augmentation) : evalPipeline(preprocessing);
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

    // The next picture is decoded (on another thread, where decoding is asynchronous) while this one is transformed.
    let ahead = this.#tryDecode(request.indices[0]);
    for (const [position, index] of request.indices.entries()) {
      const decoded = await ahead;
      if (position + 1 < request.indices.length) ahead = this.#tryDecode(request.indices[position + 1]);
      const at = indices.length * pictureSize;
      const turn = { epoch: request.epoch, repeat: request.repeats?.[position] ?? 0 };
      const used = await this.#fill(turn, index, decoded, input, at, failures);
      if (used === undefined) continue;
      target[indices.length * classes + this.#labels[used]] = 1;
      indices.push(used);
    }

    const size = indices.length;
    input.fill(0, size * pictureSize);
    if (mix) {
      const rng = Rng.of(seed, 'mix', request.epoch, request.batch);
      mixBatch({ size, height, width, channels, classes, input, target }, mix, rng);
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
    const attempt = (candidate: number, result: Decoded): boolean => {
      const reason =
        'reason' in result ? result.reason : this.#transform(turn, index, result.picture, input, at);
      if (reason === undefined) return true;
      this.#unreadable.set(candidate, reason);
      failures.push({ index: candidate, reason });
      if (this.#spec.unreadable === 'refuse') {
        throw new CardinalError(`${this.#idOf(candidate)} cannot be read: ${reason}`);
      }
      return false;
    };
    if (attempt(index, decoded)) return index;
    if (this.#spec.unreadable === 'leave-out') return undefined;
    for (const candidate of this.#substitutes(index)) {
      if (attempt(candidate, await this.#tryDecode(candidate))) return candidate;
    }
    throw new CardinalError(
      `${this.#idOf(index)} cannot be read, and neither can any other picture of its class: ${this.#unreadable.get(index) ?? ''}`,
    );
  }

  /** Returns the reason if the picture cannot be used. */
  #transform(
    { epoch, repeat }: Turn,
    index: number,
    picture: Picture,
    input: Float32Array,
    at: number,
  ): string | undefined {
    try {
      const path = repeat === 0 ? [epoch, index] : [epoch, index, repeat];
      this.#pipeline(picture, Rng.of(this.#spec.seed, 'augment', ...path), input, at);
      return undefined;
    } catch (error) {
      if (error instanceof CardinalError) return error.message;
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
