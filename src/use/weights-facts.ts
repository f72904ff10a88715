import { adaptPreprocessing } from '../data/in-channels.ts';
import type { PictureRecord } from '../data/picture-record.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import type { Targets } from '../data/task.ts';
import type { Description } from '../train/description.ts';
import type { Recipe } from '../train/recipe.ts';
import type { OpenedWeights } from './opened-weights.ts';

/** What a file of weights, or its repository, records beside their network; bare weights record nothing. */
export interface WeightsFacts {
  readonly classes: readonly string[] | undefined;
  /** What the outputs are, if not scores of classes of which one is true: then `classes` names labels or numbers. */
  readonly task: Targets['task'] | undefined;
  readonly preprocessing: Preprocessing | undefined;
  /** What logits are divided by before they become probabilities, if the weights were calibrated. */
  readonly temperature: number | undefined;
  /** Which pictures they were trained on, if the file records it: `picturesToEvaluate` takes others. */
  readonly pictures: readonly PictureRecord[] | undefined;
  /** Whether Cardinal trained them. */
  readonly ours: boolean;
  /** Epochs and steps behind them, and how well they did, as the file says. */
  readonly trained: Description['trained'];
  /** How they were trained, if the file records it. */
  readonly recipe: Recipe | undefined;
  /** Where the weights come from and how they may be used, as far as it is known. */
  readonly origin: string | undefined;
  readonly licence: string | undefined;
  /** Lines for the user: which of several sets of weights was taken, say. */
  readonly notes: readonly string[];
}

/** What weights and their repository say of them; of pictures of `inChannels`, if they are to be others. */
export function weightsFactsOf(
  { description: own, known, notes }: OpenedWeights,
  inChannels?: number,
): WeightsFacts {
  return {
    classes: own?.classes ?? known.classes,
    task: own?.task,
    preprocessing: ofChannels(own?.preprocessing ?? known.preprocessing, inChannels),
    temperature: own?.temperature,
    pictures: own?.pictures,
    ours: own?.trained !== undefined,
    trained: own?.trained,
    recipe: own?.recipe,
    origin: own?.origin ?? known.origin,
    licence: own?.licence ?? known.licence,
    notes,
  };
}

/** How pictures were prepared when the weights were trained: for training that goes on from them. */
export function trainingPreprocessing(
  { description, known }: OpenedWeights,
  inChannels?: number,
): Preprocessing | undefined {
  const said = description?.preprocessing ?? known.trainingPreprocessing ?? known.preprocessing;
  return ofChannels(said, inChannels);
}

/** What was said of pictures, for another number of channels; nothing of those that pictures cannot have. */
function ofChannels(
  said: Preprocessing | undefined,
  inChannels: number | undefined,
): Preprocessing | undefined {
  if (said === undefined || inChannels === undefined) return said;
  return inChannels === 1 || inChannels === 3 ? adaptPreprocessing(said, inChannels) : undefined;
}

/** Channels of a file's pictures: as its preprocessing has them, else as its first convolution takes them. */
export function channelsOf(file: OpenedWeights): 1 | 3 {
  const first = [...file.tensors.values()].find(({ shape }) => shape.length === 4)?.shape[1];
  return weightsFactsOf(file).preprocessing?.channels ?? (first === 1 ? 1 : 3);
}

/** Whether the weights are of pictures of another number of channels than the network is to have. */
export function isAdapted(file: OpenedWeights, inChannels: number | undefined): boolean {
  return inChannels !== undefined && inChannels !== channelsOf(file);
}
