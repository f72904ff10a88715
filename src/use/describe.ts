import { modelInfo } from '../models/registry.ts';
import { metadataOf, type Description } from '../train/description.ts';
import type { Trained } from './trained.ts';

/** What a file of a trained network's weights says of them, for whoever loads it. */
export function metadataFor(trained: Trained): Record<string, string> {
  const { description, classes, preprocessing, task, temperature, pictures, recipe, origin, licence } =
    trained;
  return metadataOf({
    model: description,
    input: inputOf(trained),
    ...{ classes, task, preprocessing, pictures, recipe, origin, licence },
    temperature: isAsTrained(trained) ? temperature : undefined,
    trained: trainingOf(trained),
  });
}

/** The training behind a network, without scores if these are not those of its weights any more. */
export function trainingOf(trained: Trained): Description['trained'] {
  const said = trained.trained;
  return said === undefined || isAsTrained(trained) ? said : { epochs: said.epochs, steps: said.steps };
}

/** One picture, [C, H, W]. */
export function inputOf({ description, channels, preprocessing }: Trained): [number, number, number] {
  const [, height, width] = modelInfo(description.name, description.options).inputShape;
  return [channels, ...(preprocessing?.size ?? ([height, width] as const))];
}

/** Whether all weights are those of the file: neither adapted to other pictures, nor loaded in part. */
function isAsTrained({ adapted = false, loaded }: Trained): boolean {
  return !adapted && loaded.missing.length === 0 && loaded.misshaped.length === 0;
}
