import type { AugmentationName } from '../../data/augmentation-names.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import * as portable from '../../train/loaders.ts';
import type { Recipe } from '../../train/recipe.ts';
import { createLoader } from './loader.ts';
import { nodePictures } from './pictures.ts';

/** Batches as a recipe wants them; whoever opens them disposes of them. Throws a `CardinalError` if there are none. */
export function openLoaders(
  data: OpenData,
  options: portable.TrainingLoaderOptions,
): portable.TrainingLoaders {
  return portable.openLoaders(data, options, createLoader);
}
