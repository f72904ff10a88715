import type { OpenData } from '../../data/open-data.ts';
import * as portable from '../../train/loaders.ts';
import { createLoader } from './loader.ts';

/** Batches as a recipe wants them; whoever opens them disposes of them. Throws a `CardinalError` if there are none. */
export function openLoaders(
  data: OpenData,
  options: portable.TrainingLoaderOptions,
): portable.TrainingLoaders {
  return portable.openLoaders(data, options, createLoader);
}
