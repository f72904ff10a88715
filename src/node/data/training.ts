import { CardinalError } from '../../base/errors.ts';
import type { BatchLoader } from '../../data/dataset.ts';
import { defaultAugmentation, type Preprocessing } from '../../data/preprocessing.ts';
import type { PictureDataset } from '../../data/source.ts';
import type { Recipe } from '../../train/recipe.ts';
import { createLoader } from './loader.ts';
import type { OpenData } from './open.ts';

export interface TrainingLoaderOptions {
  readonly recipe: Recipe;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  /** Refuse a picture that cannot be decoded with an error. */
  readonly strict: boolean;
}

/** Batches as a recipe wants them; whoever opens them disposes of them. Throws a `CardinalError` if there are none. */
export function openLoaders(
  data: OpenData,
  { recipe, preprocessing, seed, strict }: TrainingLoaderOptions,
): { readonly train: BatchLoader; readonly validation: BatchLoader | undefined } {
  const train = trainingPictures(data);
  const classes = data.classes.length;
  const common = { preprocessing, strict, seed, classes };
  return {
    train: createLoader(train, {
      ...common,
      batchSize: recipe.batchSize,
      training: true,
      augmentation: recipe.augmentation ?? defaultAugmentation(data.kind),
      mix: recipe.mix,
    }),
    validation:
      data.val &&
      createLoader(data.val, {
        ...common,
        batchSize: judgingBatch(recipe.batchSize, data.val),
        training: false,
      }),
  };
}

/** The pictures to train on. Throws a `CardinalError` if the source has none. */
export function trainingPictures({ train, path }: OpenData): PictureDataset {
  if (train === undefined) {
    throw new CardinalError(`${path} has no training pictures: expected a train folder, or class folders`);
  }
  return train;
}

/** A batch larger than the data would only pad. */
export function judgingBatch(batchSize: number, { length }: PictureDataset): number {
  return Math.max(1, Math.min(batchSize, length));
}
