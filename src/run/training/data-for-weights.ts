import { CardinalError } from '../../base/errors.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import { OtherClassesError } from '../../data/reader.ts';
import { weightsFactsOf } from '../../use/weights-facts.ts';
import type { BeginningWeights, RunPlatform } from '../platform.ts';

/**
 * Opens pictures to train on from weights that are there already. A classifier that is kept knows its classes by their
 * numbers, so the pictures' are numbered as the weights say. Throws a `CardinalError` that says what else can be done if
 * they are other classes, and as `openData` does.
 */
export async function openDataFor(
  weights: BeginningWeights,
  head: 'keep' | 'reset',
  path: string,
  options: Omit<OpenOptions, 'classes'>,
  platform: Pick<RunPlatform, 'openData'>,
): Promise<OpenData> {
  if (head === 'reset') return platform.openData(path, options);
  try {
    return await platform.openData(path, { ...options, classes: weightsFactsOf(weights).classes });
  } catch (error) {
    if (!(error instanceof OtherClassesError)) throw error;
    throw new CardinalError(`${error.message}: \`head: 'reset'\` begins with a fresh classifier`, {
      cause: error,
    });
  }
}
