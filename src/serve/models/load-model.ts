import { CardinalError } from '../../base/errors.ts';
import { validate } from '../../base/validate.ts';
import { preprocessingSchema, type Preprocessing } from '../../data/preprocessing.ts';
import type { HubOptions } from '../../node/hub/repo.ts';
import { prepareFor } from '../../node/prepare.ts';
import { withWeightsFile } from '../../node/weights-file.ts';
import { loadFrom, type Trained } from '../../use/trained.ts';
import { unmatchedTensors } from '../../weights/load.ts';
import type { ModelSource, Place } from './source.ts';

/** Weights in memory, with all that it takes to classify by them: an engine that is lost takes none of it along. */
export interface LoadedModel {
  readonly place: Place;
  readonly trained: Trained;
  readonly preprocessing: Preprocessing;
  /** Names by label, if anybody knows them. */
  readonly classes: readonly string[] | undefined;
  /** SHA-256 of the file. */
  readonly digest: string;
  /** Lines for the user: what was chosen or guessed. */
  readonly notes: readonly string[];
}

/** Hexadecimal digits of the digest that make a version: enough that two of a model's never meet. */
const versionLength = 12;

/** The version of weights: the same on every machine that serves them, also after a restart. */
export function versionOf(digest: string): string {
  return digest.slice(0, versionLength);
}

/**
 * Reads the weights of `source`, unless they are those of `known`: then undefined. Throws a `CardinalError` in one line if they cannot
 * be read, are damaged, or do not say what they are of.
 */
export async function loadModel(
  source: ModelSource,
  place: Place,
  { hub, known }: { readonly hub: HubOptions; readonly known?: string | undefined },
): Promise<LoadedModel | undefined> {
  const { model: given, options, inChannels, partial, verify, classes, mean, std, imageSize } = source;
  const model = typeof given === 'function' ? given() : given;
  const read = await withWeightsFile(
    place.weights,
    async (file) => {
      const digest = await file.digest();
      if (digest === known) return undefined;
      const trained = await loadFrom(file, { model, options, inChannels, partial });
      // What was replaced in place meanwhile is neither the old nor the new.
      if ((await file.digest()) !== digest) {
        throw new CardinalError(
          `${place.weights} was written to while it was read: it is read again when it is whole`,
        );
      }
      return { trained, digest };
    },
    hub,
    { verify },
  );
  if (read === undefined) return undefined;
  const { trained, digest } = read;
  const { preprocessing, note } =
    source.preprocessing === undefined
      ? await prepareFor(trained, { mean, std, imageSize })
      : { preprocessing: validate(preprocessingSchema, source.preprocessing, 'preprocessing') };
  const notes = [...trained.notes, unmatchedTensors(trained.loaded)?.summary, note];
  return {
    ...{ place, trained, preprocessing, digest },
    classes: classes ?? trained.classes,
    notes: notes.filter((line) => line !== undefined),
  };
}
