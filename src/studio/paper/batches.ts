import { CardinalError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { Rng } from '../../base/rng.ts';
import type { Batch } from '../../data/dataset.ts';
import type { OpenData } from '../../data/open-data.ts';
import { evalPipeline } from '../../data/pipeline.ts';
import { imagenetStatistics, type Preprocessing } from '../../data/preprocessing.ts';
import { oneHot } from '../../session/gradients.ts';
import type { StudioPlatform } from '../platform.ts';

export interface SomeBatches {
  readonly batches: readonly Batch[];
  readonly batchSize: number;
  readonly classes: number;
  /** Pictures that could not be read. */
  readonly skipped: number;
}

/**
 * Up to `count` batches of labelled pictures, drawn by the seed, each resized to `size` pixels. Fewer pictures than a batch make a smaller
 * one. Rejects with a `CardinalError` if the pictures have no classes to learn.
 */
export async function someBatches(
  data: OpenData,
  platform: Pick<StudioPlatform, 'readPicture'>,
  { count, batchSize: wanted, size, seed, signal }: SomePictures,
): Promise<SomeBatches> {
  const dataset = data.train ?? data.val ?? data.test;
  const task = dataset?.targets?.task ?? 'classes';
  const classes = data.classes.length;
  if (dataset === undefined || task !== 'classes' || classes < 2) {
    const got = task === 'classes' ? `${classes} ${classes === 1 ? 'class' : 'classes'}` : task;
    throw new CardinalError(
      `${data.path}: expected pictures of two or more classes, got ${got}; choose others in the room Data`,
    );
  }
  const preprocessing: Preprocessing = {
    ...{ channels: 3, size: [size, size], resize: size, interpolation: 'bilinear' },
    ...{ mean: [...imagenetStatistics.mean], std: [...imagenetStatistics.std] },
  };
  const write = evalPipeline(preprocessing);
  const rng = Rng.of(seed, 'pictures');
  const order = rng.permutation(dataset.length);
  const numbers = 3 * size ** 2;
  const read: { readonly index: number; readonly input: Float32Array }[] = [];
  let skipped = 0;
  let reason = '';
  for (const index of order) {
    if (read.length === count * wanted) break;
    signal.throwIfAborted();
    try {
      const input = new Float32Array(numbers);
      write(await platform.readPicture(dataset, index), rng, input, 0);
      read.push({ index, input });
    } catch (error) {
      if (!(error instanceof CardinalError)) throw error;
      skipped++;
      reason = error.message;
    }
    if (read.length % 8 === 0) await nextTask();
  }
  if (read.length < 2) {
    throw new CardinalError(
      `${data.path}: expected at least 2 pictures that can be read, got ${read.length}${reason && `: ${reason}`}`,
    );
  }
  const batchSize = Math.min(wanted, read.length);
  const batches = Array.from({ length: Math.floor(read.length / batchSize) }, (_, at): Batch => {
    const own = read.slice(at * batchSize, (at + 1) * batchSize);
    const input = new Float32Array(batchSize * numbers);
    own.forEach((picture, row) => {
      input.set(picture.input, row * numbers);
    });
    const labels = Int32Array.from(own, ({ index }) => dataset.labels[index]);
    const target = oneHot(data.path, [...labels], batchSize, classes);
    return {
      ...{ size: batchSize, input, target, labels },
      indices: Uint32Array.from(own, ({ index }) => index),
    };
  });
  return { batches, batchSize, classes, skipped };
}

export interface SomePictures {
  readonly count: number;
  readonly batchSize: number;
  readonly size: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}
