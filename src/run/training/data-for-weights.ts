import { CardinalError } from '../../base/errors.ts';
import { openData, type OpenOptions } from '../../node/data/open.ts';
import type { OpenData } from '../../data/open-data.ts';
import { OtherClassesError } from '../../data/reader.ts';
import { weightsFactsOf } from '../../use/weights-facts.ts';
import type { WeightsFile } from '../../node/weights-file.ts';

/**
 * Opens pictures to train on from weights that are there already. A classifier that is kept knows its classes by their
 * numbers, so the pictures' are numbered as the weights say. Throws a `CardinalError` that says what else can be done if
 * they are other classes, and as `openData` does.
 */
export async function openDataFor(
  weights: WeightsFile,
  head: 'keep' | 'reset',
  path: string,
  options: Omit<OpenOptions, 'classes'>,
): Promise<OpenData> {
  if (head === 'reset') return openData(path, options);
  try {
    return await openData(path, { ...options, classes: weightsFactsOf(weights).classes });
  } catch (error) {
    if (!(error instanceof OtherClassesError)) throw error;
    throw new CardinalError(
      `${error.message}: --head reset (in a program, head: 'reset') begins with a fresh classifier`,
      { cause: error },
    );
  }
}
