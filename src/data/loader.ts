import { Disposal, type DisposeOptions } from '../base/disposal.ts';
import { CardinalError, DisposedError } from '../base/errors.ts';
import { mebibytes } from '../base/mebibytes.ts';
import { callback, checkOptions, finite, flag, record, wholeFrom, type Kinds } from '../base/options.ts';
import { Turns } from '../base/turns.ts';
import { validate } from '../base/validate.ts';
import { checkDataset } from './arguments.ts';
import type { AssemblySpec, BatchRequest } from './assembler.ts';
import type { Batch, BatchLoader } from './dataset.ts';
import type { DecoderPool } from './decoder-pool.ts';
import type { AugmentFunction } from './own/augment.ts';
import { ownLoading, type OwnLoading } from './own/own-loading.ts';
import { DISPOSED } from './pool-place.ts';
import type { BatchArrays, FilledBatch, WorkerSetup } from './pool-messages.ts';
import {
  augmentationSchema,
  mixSchema,
  preprocessingSchema,
  type AugmentationInput,
  type MixInput,
  type Preprocessing,
} from './preprocessing.ts';
import { batchCount, epochSchedule, type ScheduledBatch } from './schedule.ts';
import { noneRead } from './none-read.ts';
import { fileStarts } from './shards/members.ts';
import { countRows, sharedRows, wholeShare, type Share } from './share.ts';
import { sharedFloats } from './shared-memory.ts';
import type { PictureDataset, PictureSource } from './source.ts';
import { membersByClass } from './split.ts';

export interface LoaderOptions {
  /** Pictures of a batch; with a `share`, of all ranks together. */
  readonly batchSize: number;
  readonly preprocessing: Preprocessing;
  /** Training shuffles, drops an incomplete last batch and replaces pictures that cannot be decoded. */
  readonly training: boolean;
  /** Decides order, augmentation and mixing, together with epoch and index. Default 0. */
  readonly seed?: number | undefined;
  /** Classes of the network, K of the N×K targets. Default: the dataset's. */
  readonly classes?: number | undefined;
  readonly augmentation?: AugmentationInput | undefined;
  /** An augmentation of one's own, before the other; in training alone. Batches are then assembled in the calling thread. */
  readonly augment?: AugmentFunction | undefined;
  readonly mix?: MixInput | undefined;
  /** Default: as `training`. */
  readonly shuffle?: boolean | undefined;
  readonly dropLast?: boolean | undefined;
  /** Show every class as often as any other, pictures of small ones again and again. Needs `shuffle`. */
  readonly balanced?: boolean | undefined;
  /** Show every picture so often, each time augmented differently, and as many fewer of them in an epoch. Default 1. */
  readonly repeats?: number | undefined;
  /** Refuse a picture that cannot be decoded with an error. */
  readonly strict?: boolean | undefined;
  /**
   * Prepares one rank's rows of each batch (`sharedRows`). What all ranks have together is what one would have alone: the same pictures,
   * augmented and mixed alike. All ranks have as many batches; in evaluation those of some may be empty. Default: all rows.
   */
  readonly share?: Share | undefined;
  /** Worker threads; 0 assembles in the calling thread. Default: 1, or up to 4 where picture files are decoded. */
  readonly workers?: number | undefined;
  /** Batches prepared ahead of the one in use. Default: 2, or one more than there are workers. */
  readonly prefetch?: number | undefined;
}

/** What a platform gives so that batches can be made ahead of their use. */
export interface LoaderPlatform {
  /** Opens a pool of so many threads; of none, one that decodes in the calling thread. Throws a `CardinalError` if it cannot. */
  openPool(setup: WorkerSetup, workers: number): DecoderPool;
  /** Throws a `CardinalError` if it cannot decode pictures of this source at all: each would count as damaged. */
  requireDecoder(source: PictureSource): void;
  /** How many threads are of use for such a source. */
  usualWorkers(source: PictureSource): number;
  /** The most that may be asked for. */
  readonly mostWorkers: number;
  /** Bytes of memory that there are for everything. */
  readonly memoryBytes: number;
}

const loaderKinds = (mostWorkers: number): Kinds<LoaderOptions> => ({
  batchSize: wholeFrom(1),
  preprocessing: record,
  training: flag,
  seed: finite,
  classes: wholeFrom(1),
  augmentation: record,
  augment: callback,
  mix: record,
  shuffle: flag,
  dropLast: flag,
  balanced: flag,
  repeats: wholeFrom(1),
  strict: flag,
  share: {
    expected: '{ rank, size, parts }, the rank a whole number below size',
    is: (value) => {
      const { rank, size, parts = 1 }: Partial<Record<string, unknown>> = { ...(value as object | null) };
      const areWhole = wholeFrom(0).is(rank) && wholeFrom(1).is(size) && wholeFrom(1).is(parts);
      return areWhole && Number(rank) < Number(size);
    },
  },
  workers: {
    expected: `a whole number from 0 to ${mostWorkers}`,
    is: (value) => wholeFrom(0).is(value) && Number(value) <= mostWorkers,
  },
  prefetch: wholeFrom(1),
});

/**
 * Batches of a dataset, decoded and augmented by worker threads ahead of their use. What a batch holds depends on
 * (seed, epoch, position) alone: not on the number of workers, and not on where an epoch was resumed.
 *
 * The arrays of a batch are reused: they are valid until the next batch is asked for. In training, a picture that
 * cannot be decoded is replaced by another of its class (see `Assembler`); in evaluation it is left out, so any batch
 * may have a `size` below `batchSize`. Both are listed in `skipped`.
 *
 * @throws CardinalError if there is not even one batch, or a specification is not valid
 */
export function createLoader(
  dataset: PictureDataset,
  options: LoaderOptions,
  platform: LoaderPlatform,
): BatchLoader {
  checkDataset('createLoader', dataset);
  const kinds = loaderKinds(platform.mostWorkers);
  checkOptions('createLoader', options, kinds, ['batchSize', 'preprocessing', 'training']);
  return new Loader(dataset, options, platform);
}

class Loader implements BatchLoader {
  readonly dataset: PictureDataset;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  readonly #platform: LoaderPlatform;
  readonly #spec: AssemblySpec;
  readonly #order: Pick<
    Parameters<typeof epochSchedule>[0],
    'batchSize' | 'shuffle' | 'dropLast' | 'balanced' | 'fileStarts' | 'times'
  >;
  readonly #share: Share;
  readonly #own: OwnLoading | undefined;
  readonly #workers: number;
  readonly #prefetch: number;
  readonly #slots: BatchArrays[] = [];
  readonly #skipped = new Map<number, string>();
  #pool: DecoderPool | undefined;
  #isCut = false;
  /** Batches that are being filled. */
  readonly #ordered = new Turns('the data loader', { atOnce: Infinity });
  readonly #disposal = new Disposal({
    drain: () => this.#ordered.close({ drain: true, reason: DISPOSED }),
    cut: () => {
      this.#isCut = true;
      return Promise.all([this.#ordered.close({ reason: DISPOSED }), this.#pool?.dispose()]);
    },
    free: async () => {
      this.#slots.length = 0;
      await this.#pool?.dispose();
    },
  });

  constructor(dataset: PictureDataset, options: LoaderOptions, platform: LoaderPlatform) {
    const preprocessing = validate(preprocessingSchema, options.preprocessing, 'the preprocessing');
    const own = ownLoading(dataset, { ...options, preprocessing });
    this.#own = own;
    const { batchSize, training, shuffle = training && own?.isOrdered !== true } = options;
    const { dropLast = training, seed = 0 } = options;
    const { share = wholeShare } = options;
    this.#platform = platform;
    this.dataset = dataset;
    this.#share = share;
    this.batchSize = countRows(share, batchSize);
    const balanced =
      options.balanced === true ? membersByClass(dataset.labels, dataset.classes.length) : undefined;
    const { source } = dataset;
    const starts = shuffle && source.kind === 'shards' && source.mixed ? fileStarts(source) : undefined;
    this.#order = { batchSize, shuffle, dropLast, balanced, fileStarts: starts, times: options.repeats };
    if (balanced && !shuffle)
      throw new CardinalError('balanced batches are drawn at random: they need shuffle');
    this.batchesPerEpoch = batchCount({ length: dataset.length, batchSize, dropLast });
    refuseNoBatch(dataset, batchSize, this.batchesPerEpoch);
    refuseNoRow(batchSize, share);
    platform.requireDecoder(dataset.source);
    const classes = options.classes ?? dataset.classes.length;
    if (classes < dataset.classes.length) {
      throw new CardinalError(
        `${dataset.name} has ${dataset.classes.length} classes, more than the ${classes} of the network`,
      );
    }
    this.#spec = {
      preprocessing,
      augmentation:
        options.augmentation && validate(augmentationSchema, options.augmentation, 'the augmentation'),
      mix: options.mix && validate(mixSchema, options.mix, 'the mix of batches'),
      classes,
      seed,
      unreadable: options.strict ? 'refuse' : training ? 'replace' : 'leave-out',
      own: own?.pipeline,
    };
    this.#workers = options.workers ?? platform.usualWorkers(dataset.source);
    const wanted = options.prefetch ?? Math.max(2, this.#workers + 1);
    this.#prefetch = batchesAhead(dataset, wanted, this.#slotBytes(), platform.memoryBytes);
  }

  get skipped(): { id: string; reason: string }[] {
    return Array.from(this.#skipped, ([index, reason]) => ({ id: this.dataset.id(index), reason }));
  }

  async *epoch(epoch: number, startBatch = 0): AsyncGenerator<Batch, void, undefined> {
    const { dataset } = this;
    const schedule = epochSchedule({
      ...this.#order,
      length: dataset.length,
      seed: this.#spec.seed,
      epoch,
    });
    const ahead: Promise<FilledBatch>[] = [];
    let inUse: BatchArrays | undefined;
    let seen = 0;
    let asked = 0;
    try {
      for (let n = startBatch; n < schedule.batches; n++) {
        for (let next = n + ahead.length; next < schedule.batches && ahead.length <= this.#prefetch; next++) {
          ahead.push(this.#assemble(epoch, next, this.#rowsOf(schedule.batch(next))));
        }
        const filled = await ahead.shift();
        if (!filled) break;
        if (this.#isCut) throw new DisposedError(DISPOSED);
        const { size, labels, indices, failures, input, target } = filled;
        inUse = { input, target };
        asked += size + failures.length;
        for (const { index, reason } of failures) this.#skipped.set(index, reason);
        seen += size;
        if (size > 0 || this.#hasOthers) yield { size, labels, indices, ...this.#arraysOf(inUse) };
        this.#slots.push(inUse);
        inUse = undefined;
      }
    } finally {
      if (inUse) this.#slots.push(inUse);
      // An epoch that was left early: what is still being filled comes back when it is done.
      for (const pending of ahead) {
        void pending.then(
          ({ input, target }) => this.#slots.push({ input, target }),
          () => undefined,
        );
      }
    }
    if (seen === 0 && asked > 0 && !this.#hasOthers) {
      throw noneRead(dataset, this.skipped[0]);
    }
  }

  dispose(options?: DisposeOptions): Promise<void> {
    return this.#disposal.ask(options);
  }

  /** This rank's rows of a batch; where rows are mixed with those before them, that of another rank comes before each run of rows. */
  #rowsOf({ indices, repeats }: ScheduledBatch): Omit<BatchRequest, 'epoch' | 'batch'> {
    if (!this.#hasOthers) return { indices, repeats };
    const rows: number[] = [];
    const partners: number[] = [];
    const mixed = this.#spec.mix !== undefined;
    for (const { first, count } of sharedRows(this.#share, indices.length)) {
      if (mixed) {
        partners.push(rows.length);
        rows.push((first + indices.length - 1) % indices.length);
      }
      for (let row = first; row < first + count; row++) rows.push(row);
    }
    return {
      indices: Uint32Array.from(rows, (row) => indices[row]),
      repeats: repeats && Uint32Array.from(rows, (row) => repeats[row]),
      partners,
    };
  }

  /** Whether other ranks have rows of a batch, too. */
  get #hasOthers(): boolean {
    return this.#share.size > 1;
  }

  /** A batch's arrays without the room for rows of other ranks. */
  #arraysOf(arrays: BatchArrays): BatchArrays {
    if (!this.#hasOthers) return arrays;
    const share = (values: Float32Array): Float32Array =>
      values.subarray(0, (values.length / this.#slotRows) * this.batchSize);
    return { input: share(arrays.input), target: share(arrays.target) };
  }

  /** Rows that there is room for: this rank's, and those of others that they are mixed with. */
  get #slotRows(): number {
    const { parts = 1 } = this.#share;
    return this.batchSize + (this.#spec.mix !== undefined && this.#hasOthers ? parts : 0);
  }

  #assemble(
    epoch: number,
    batch: number,
    samples: Omit<BatchRequest, 'epoch' | 'batch'>,
  ): Promise<FilledBatch> {
    const filled = this.#ordered.take(() => this.#fill({ epoch, batch, ...samples }));
    // A failure belongs to whoever awaits this batch; nobody may get so far.
    filled.catch(() => undefined);
    return filled;
  }

  async #fill(request: BatchRequest): Promise<FilledBatch> {
    const setup = {
      spec: this.#spec,
      source: this.dataset.source,
      labels: this.dataset.labels,
      targets: this.dataset.targets?.values,
      name: this.dataset.name,
    };
    this.#pool ??=
      this.#own?.openPool(setup, this.#platform) ?? this.#platform.openPool(setup, this.#workers);
    const slot = this.#slots.pop() ?? this.#newSlot();
    return await this.#pool.assemble(request, slot.input, slot.target);
  }

  #slotBytes(): number {
    const { preprocessing, classes } = this.#spec;
    const [height, width] = preprocessing.size;
    return 4 * this.#slotRows * (height * width * preprocessing.channels + classes);
  }

  #newSlot(): BatchArrays {
    const { preprocessing, classes } = this.#spec;
    const [height, width] = preprocessing.size;
    return {
      input: sharedFloats(this.#slotRows * height * width * preprocessing.channels),
      target: sharedFloats(this.#slotRows * classes),
    };
  }
}

/**
 * How many batches are made ahead of the one in use: as many as are wanted, in at most a quarter of the memory, but one. Throws a
 * `CardinalError` if there is no room for two.
 */
function batchesAhead({ name }: PictureDataset, wanted: number, bytes: number, limit: number): number {
  if (2 * bytes > limit) {
    throw new CardinalError(
      `${name}: a batch takes ${mebibytes(bytes)}, and there are ${mebibytes(limit)} for two of them and all else: use smaller batches or smaller pictures`,
    );
  }
  return Math.max(1, Math.min(wanted, Math.floor(limit / 4 / bytes) - 1));
}

function refuseNoRow(batchSize: number, { size: ranks }: Share): void {
  if (batchSize >= ranks) return;
  throw new CardinalError(
    `a batch of ${batchSize} pictures does not do for ${ranks} ranks: use a batch size of at least ${ranks}, or fewer ranks`,
  );
}

function refuseNoBatch(dataset: PictureDataset, batchSize: number, batches: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new CardinalError(`the batch size must be a whole number from 1 on, got ${batchSize}`);
  }
  if (dataset.length === 0) throw new CardinalError(`${dataset.name} holds no pictures`);
  if (batches === 0) {
    throw new CardinalError(
      `${dataset.name} has ${dataset.length} pictures, fewer than one batch of ${batchSize}: use a batch size of at most ${dataset.length}`,
    );
  }
}
