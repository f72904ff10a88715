import type { OpenData } from '../../data/open-data.ts';
import * as portable from '../../data/to-evaluate.ts';
import { openData } from './open.ts';
import { nodePictures } from './pictures.ts';

/**
 * The pictures of a source to evaluate weights on: the split that is asked for, else `test`, else `val`, else all. The folder
 * that the weights were trained on is known again, and what training held out of it for validation is its `val`: so weights
 * are not evaluated on what they have seen, or not without a `warning`.
 *
 * `source` is a path, or what `openData` gave with `valFraction` 0. Throws a `UsageError` if the split is not there.
 */
export async function picturesToEvaluate(
  source: string | OpenData,
  weights: portable.EvaluatedWeights,
  asked?: portable.EvaluatedSplit,
): Promise<portable.PicturesToEvaluate> {
  if (typeof source !== 'string') {
    return portable.picturesToEvaluate(source, weights, asked, nodePictures);
  }
  portable.checkEvaluated(weights, asked);
  const data = await openData(source, { classes: weights.classes, valFraction: 0 });
  return portable.picturesToEvaluate(data, weights, asked, nodePictures);
}
