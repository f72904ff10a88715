import { CardinalError, UsageError } from '../base/errors.ts';
import { jsonObject, validate } from '../base/validate.ts';
import { listModels, modelInfo } from '../models/registry.ts';
import type { ModelDescription } from '../train/network.ts';
import { fittingModels, optionsFor } from '../weights/fit.ts';
import type { OpenedWeights } from './opened-weights.ts';

/** How much of a file must fit, and for how many channels. */
export interface FitOptions {
  /**
   * Channels of the pictures, where they are others than the weights': the first convolution is adapted as timm does, summed
   * up for 1, repeated and scaled for more. Mean and standard deviation are averaged for 1 channel.
   */
  readonly inChannels?: number | undefined;
  /** Load what fits and leave the rest as the network has it; `loaded` lists what fitted. */
  readonly partial?: boolean | undefined;
}

/**
 * Which network a file's weights are of: what the file records, or `given` and what their shapes imply. Throws a
 * `CardinalError` if the two contradict each other, a `UsageError` with the networks that fit if nothing is known.
 */
export function identifyNetwork(
  file: OpenedWeights,
  given: string | undefined,
  set: Readonly<Record<string, unknown>> = {},
  { inChannels, partial = false }: FitOptions = {},
): ModelDescription {
  const { name: source, description, known, tensors } = file;
  if (inChannels !== undefined && set['inChannels'] !== undefined && set['inChannels'] !== inChannels) {
    throw new UsageError(
      `\`inChannels: ${inChannels}\` and \`options.inChannels: ${JSON.stringify(set['inChannels'])}\` contradict each other: leave \`options.inChannels\` out`,
    );
  }
  const channels = inChannels === undefined ? {} : { inChannels };
  // A part of a checkpoint may begin another network.
  const other =
    partial && given !== undefined && description !== undefined && given !== description.model.name;
  if (description !== undefined && !other) {
    const kept = Object.entries(set).filter(([key]) => key !== 'inChannels' || inChannels === undefined);
    requireSame(source, description.model, given, Object.fromEntries(kept));
    return { ...description.model, options: { ...description.model.options, ...channels } };
  }
  const name = given ?? known.model;
  if (name === undefined) {
    throw new UsageError(
      `${source} holds bare weights: name their network with \`model\`${suggestion(file)}`,
    );
  }
  if (given === undefined && !listModels().includes(name)) {
    throw new CardinalError(
      `${source}: its repository names ${name}, a network that is not in the registry: 'cardinal models' lists those that are`,
    );
  }
  const options = optionsFor(name, tensors, { ...set, ...channels });
  return { name, options: validate(jsonObject, options, '`options`') };
}

/** What refused weights, with the networks that they do fit where the file does not name one; any other error as it is. */
export function withFitting(error: unknown, asked: string, { tensors, description }: OpenedWeights): unknown {
  const isRefusal = error instanceof CardinalError && !(error instanceof UsageError);
  if (!isRefusal || description !== undefined) return error;
  const fitting = fittingNames(tensors);
  if (fitting.length === 0) return error;
  const fit = fitting.includes(asked) ? `${asked} with \`options\` left out` : fitting.join(', ');
  const separator = error.message.endsWith('?') ? ' They' : '; they';
  return new CardinalError(`${error.message}${separator} fit ${fit}`, { cause: error });
}

/** What to give for `--model`, as the end of a message. */
export function suggestion({ tensors }: OpenedWeights): string {
  const fitting = fittingNames(tensors);
  return fitting.length === 0 ? '; they fit none of the registry' : `; they fit ${fitting.join(', ')}`;
}

function fittingNames(tensors: OpenedWeights['tensors']): string[] {
  return fittingModels(tensors).map(({ model }) => model);
}

/** Throws a `CardinalError` if `--model` and `--set` speak of another network than the checkpoint. */
function requireSame(
  path: string,
  { name, options }: ModelDescription,
  asked: string | undefined,
  set: Readonly<Record<string, unknown>>,
): void {
  if (asked !== undefined && asked !== name) {
    throw new CardinalError(`${path} is a checkpoint of ${name}, not of ${asked}: leave \`model\` out`);
  }
  if (!listModels().includes(name)) {
    throw new CardinalError(
      `${path} is a checkpoint of ${name}, a network that is not in the registry: load it in a program that defines it, with loadClassifier(path, { model })`,
    );
  }
  const has: Readonly<Record<string, unknown>> = { ...modelInfo(name, options).options };
  for (const [key, value] of Object.entries(set)) {
    const [found, wanted] = [JSON.stringify(has[key]), JSON.stringify(value)];
    if (found !== wanted) {
      throw new CardinalError(
        `${path} is a checkpoint of ${name} with ${key}=${found}, not ${wanted}: leave \`options\` out`,
      );
    }
  }
}

/**
 * A line for the user where a repository names another network than `given`: its name may be
 * another one's for the same network, or another network's that has the same tensors and computes something else.
 */
export function otherNetwork({ known }: OpenedWeights, given: string | undefined): string | undefined {
  if (given === undefined || known.model === undefined || known.model === given) return undefined;
  return `their repository says that these weights belong to ${known.model}: they are read as ${given}, which may compute something else`;
}
