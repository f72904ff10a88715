import { DisposedError, UsageError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { assemblerOf } from '../answer-jobs.ts';
import { Assembler, type OwnPipeline } from '../assembler.ts';
import { localPool, type DecoderPool } from '../decoder-pool.ts';
import type { FilledBatch, WorkerSetup } from '../pool-messages.ts';
import type { AugmentationInput, Preprocessing } from '../preprocessing.ts';
import type { Share } from '../share.ts';
import { DISPOSED } from '../pool-place.ts';
import type { CheckedSample, MemorySource, StreamReader, StreamSource } from '../picture-source.ts';
import type { PictureDataset } from '../source.ts';
import { augmented, type AugmentFunction } from './augment.ts';
import { floatsOf } from './kept-pictures.ts';
import { FloatPixels } from './own-samples.ts';

/** What a loader does otherwise for pictures that only the program can give, and for its functions: in the program's own thread. */
export interface OwnLoading {
  /** Whether pictures come in an order of their own, and are not shuffled. */
  readonly isOrdered: boolean;
  readonly pipeline: OwnPipeline;
  openPool(setup: WorkerSetup, platform: Pools): DecoderPool;
}

/** What opens a pool of so many threads; of none, one in the calling thread. */
interface Pools {
  openPool(setup: WorkerSetup, workers: number): DecoderPool;
}

/** What it looks at of a loader's options. */
interface OwnLoadingOptions {
  readonly training: boolean;
  readonly preprocessing: Preprocessing;
  readonly seed?: number | undefined;
  readonly augmentation?: AugmentationInput | undefined;
  readonly augment?: AugmentFunction | undefined;
  readonly shuffle?: boolean | undefined;
  readonly balanced?: boolean | undefined;
  readonly repeats?: number | undefined;
  readonly share?: Share | undefined;
}

/** Undefined if there is nothing of the program's own. Throws a `UsageError` for what does not go together. */
export function ownLoading(dataset: PictureDataset, options: OwnLoadingOptions): OwnLoading | undefined {
  const { source, name } = dataset;
  const { augment, training, balanced, share, shuffle, repeats = 1 } = options;
  const isStream = source.kind === 'stream';
  const floats = source.kind === 'memory' && source.floats === true ? source : undefined;
  if (augment !== undefined && !training) {
    throw new UsageError('createLoader: augment is for training: expected { training: true } beside it');
  }
  if (!isStream && floats === undefined && augment === undefined) return undefined;
  if (isStream && (balanced === true || shuffle === true || repeats > 1)) {
    const what = balanced === true ? 'balance them' : shuffle === true ? 'shuffle' : 'repeat them';
    throw new UsageError(
      `${name}: a stream gives pictures in its own order: ${what} there, or give pictures that are kept`,
    );
  }
  if (isStream && share !== undefined && share.size > 1) {
    throw new UsageError(`${name}: a stream cannot be divided among ${share.size} ranks`);
  }
  if (floats !== undefined) requireAsTheyAre(floats, `the pictures of ${name}`, options);
  return {
    isOrdered: isStream,
    pipeline: ownPipeline(dataset, options),
    openPool(setup, platform) {
      if (isStream) return new StreamPool(source, setup);
      if (floats === undefined) return platform.openPool(setup, 0);
      return localPool(
        assemblerOf(setup, (index) => Promise.resolve(new FloatPixels(floats, floatsOf(floats, index)))),
      );
    },
  };
}

/** The program's augmentation, where it has one, and then what is usual; numbers are only normalised. */
function ownPipeline(dataset: PictureDataset, options: OwnLoadingOptions): OwnPipeline {
  const { augment, seed = 0, preprocessing } = options;
  const mean = Float32Array.from(preprocessing.mean);
  const std = Float32Array.from(preprocessing.std);
  const isStream = dataset.source.kind === 'stream';
  const inWords = ([epoch, index]: readonly number[]): string => `${dataset.id(index)} in epoch ${epoch}`;
  return (usual) => async (picture, rng, out, at, turn) => {
    if (picture instanceof FloatPixels) {
      // Kept ones are of one size, which is known to suit.
      if (isStream) requireAsTheyAre(picture, inWords(turn), options);
      normaliseFloats(picture, mean, std, out, at);
      return;
    }
    const changed = augment
      ? await augmented(augment, picture, Rng.of(seed, 'own augment', ...turn), inWords(turn))
      : picture;
    await usual(changed, rng, out, at, turn);
  };
}

/** Throws a `UsageError` unless pictures of numbers suit the network as they are, and are to be left so. */
function requireAsTheyAre(
  { width, height, channels }: Pick<MemorySource, 'width' | 'height' | 'channels'>,
  what: string,
  { preprocessing, augmentation = {}, augment }: OwnLoadingOptions,
): void {
  const [rows, columns] = preprocessing.size;
  if (width !== columns || height !== rows || channels !== preprocessing.channels) {
    throw new UsageError(
      `${what}: numbers are taken as they are: expected ${rows}×${columns}×${preprocessing.channels}, the network's input, got ${height}×${width}×${channels}; resize them before, or give bytes`,
    );
  }
  const { erase, ...others } = augmentation;
  const parts = erase?.probability === 0 ? others : augmentation;
  const changes = Object.entries(parts).find(([, value]) => value !== undefined && value !== 0);
  if (changes === undefined && augment === undefined) return;
  throw new UsageError(
    `${what}: numbers are taken as they are, without ${changes?.[0] ?? 'augment'}: change them in a stream, or give bytes`,
  );
}

/** (number − mean) / std, each step rounded to single precision as torchvision's `Normalize` does. */
function normaliseFloats(
  { floats, channels }: FloatPixels,
  mean: Float32Array,
  std: Float32Array,
  out: Float32Array,
  at: number,
): void {
  for (let i = 0; i < floats.length; i++) {
    const c = i % channels;
    out[at + i] = Math.fround(floats[i] - mean[c]) / std[c];
  }
}

/** Fills batches with the pictures of a stream, one batch after the other; begins it anew where another is asked for than the next. */
class StreamPool implements DecoderPool {
  readonly #source: StreamSource;
  readonly #setup: WorkerSetup;
  readonly #ending = new AbortController();
  /** Of this pool alone: those of the dataset are written by all of its loaders. */
  readonly #labels: Int32Array;
  #reader: StreamReader | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** What was wrong with an epoch: what is asked for after it is not tried. */
  #failed: { readonly epoch: number; readonly error: unknown } | undefined;

  constructor(source: StreamSource, setup: WorkerSetup) {
    this.#source = source;
    this.#setup = setup;
    this.#labels = new Int32Array(source.length);
  }

  assemble(...job: Parameters<DecoderPool['assemble']>): Promise<FilledBatch> {
    const done = this.#last.then(() => this.#assemble(...job));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async dispose(): Promise<void> {
    this.#ending.abort(new DisposedError(DISPOSED));
    await this.#last;
    this.#reader?.end();
    this.#reader = undefined;
  }

  async #assemble(...[request, input, target]: Parameters<DecoderPool['assemble']>): Promise<FilledBatch> {
    const { epoch, indices } = request;
    if (this.#failed?.epoch === epoch) throw this.#failed.error;
    try {
      const [first = 0] = indices;
      const samples: CheckedSample[] = [];
      const reader = await this.#readerAt(epoch, first);
      while (samples.length < indices.length) samples.push(await reader.next(this.#ending.signal));
      const { spec, labels, name } = this.#setup;
      samples.forEach(({ label }, row) => (labels[first + row] = this.#labels[first + row] = label));
      const assembler = new Assembler(
        { ...spec, unreadable: 'refuse' },
        this.#labels,
        (index) => Promise.resolve(samples[index - first].picture),
        (index) => samples[index - first].name ?? `${name}[${index}]`,
      );
      const filled = await assembler.assemble(request, input, target);
      // It may go on for ever.
      if (reader.at === this.#source.length) reader.end();
      return { ...filled, input, target };
    } catch (error) {
      this.#reader?.end();
      this.#failed = { epoch, error };
      throw error;
    }
  }

  async #readerAt(epoch: number, at: number): Promise<StreamReader> {
    const { signal } = this.#ending;
    signal.throwIfAborted();
    const reader = this.#reader;
    if (reader?.epoch === epoch && reader.at <= at) {
      await reader.skipTo(at, signal);
      return reader;
    }
    reader?.end();
    const begun = (this.#reader = this.#source.begin(epoch, this.#setup.spec.seed));
    await begun.skipTo(at, signal);
    return begun;
  }
}
