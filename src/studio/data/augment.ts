import { nextTask } from '../../base/next-task.ts';
import { Rng } from '../../base/rng.ts';
import type { Picture } from '../../data/dataset.ts';
import { trainPipeline } from '../../data/pipeline.ts';
import {
  resizedSide,
  usualCropShare,
  type Augmentation,
  type Preprocessing,
} from '../../data/preprocessing.ts';
import type { Pixels } from './service.ts';

/** A picture as training shows it to a network with square inputs of `size`: `count` times, each augmented anew, as bytes. */
export async function augmented(
  picture: Picture,
  {
    augmentation,
    size,
    count,
    seed = 0,
  }: {
    readonly augmentation: Augmentation;
    readonly size: number;
    readonly count: number;
    readonly seed?: number | undefined;
  },
): Promise<Pixels[]> {
  const { channels, width, height } = picture;
  const isWhole = width === size && height === size;
  const preprocessing: Preprocessing = {
    ...{ channels, size: [size, size], interpolation: 'bilinear' },
    resize: isWhole ? null : resizedSide(size, usualCropShare),
    // So that the numbers are shares of 255.
    mean: new Array<number>(channels).fill(0),
    std: new Array<number>(channels).fill(1),
  };
  const pipeline = trainPipeline(preprocessing, augmentation);
  const found: Pixels[] = [];
  for (let each = 0; each < count; each++) {
    const values = new Float32Array(size * size * channels);
    pipeline(picture, Rng.of(seed, 'studio', each), values, 0);
    const data = new Uint8Array(values.length);
    for (let at = 0; at < values.length; at++)
      data[at] = Math.round(255 * Math.min(1, Math.max(0, values[at])));
    found.push({ width: size, height: size, channels, data });
    await nextTask();
  }
  return found;
}
