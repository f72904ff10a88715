import { CardinalError, UsageError } from '../base/errors.ts';
import { checkOptions, flag, record, text, wholeFrom, type Kinds } from '../base/options.ts';
import { jsonObject, validate } from '../base/validate.ts';
import { adaptPreprocessing } from '../data/in-channels.ts';
import type { PictureRecord } from '../data/picture-record.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { createModel, listModels, modelInfo } from '../models/registry.ts';
import { Module } from '../nn/module.ts';
import type { ModelDescription } from '../train/network.ts';
import type { Recipe } from '../train/recipe.ts';
import { fittingModels, optionsFor } from '../weights/fit.ts';
import { loadTensors, type LoadedWeights } from '../weights/load.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import type { HubOptions } from '../node/hub/repo.ts';
import { tensorsFor, withWeightsFile, type WeightsFile } from './weights-file.ts';

/** A network with the weights of a file. */
export interface Trained {
  readonly model: Module;
  readonly description: ModelDescription;
  /** Of the input; pictures have 1 or 3. */
  readonly channels: number;
  /** Whether the first convolution was adapted, from pictures of 3 channels or of 1. */
  readonly adapted?: boolean | undefined;
  /** Which tensors found their place; all of them, unless loading was `partial`. */
  readonly loaded: LoadedWeights;
  /** What a checkpoint or a repository says of its pictures; bare weights say nothing. */
  readonly classes: readonly string[] | undefined;
  readonly preprocessing: Preprocessing | undefined;
  /** Which pictures they were trained on, if the file says it: `picturesToEvaluate` takes others. */
  readonly pictures: readonly PictureRecord[] | undefined;
  /** Whether Cardinal trained them. */
  readonly ours: boolean;
  /** How they were trained, if the file says it. */
  readonly recipe: Recipe | undefined;
  /** Where the weights come from and how they may be used, as far as it is known. */
  readonly origin: string | undefined;
  readonly licence: string | undefined;
  /** Lines for the user: which of several sets of weights was taken, say. */
  readonly notes: readonly string[];
}

export interface LoadOptions extends VerifyOptions {
  /** The registry's name of what bare weights are of; or the network itself, if it is not the registry's. */
  readonly model?: string | Module | undefined;
  /** Options of the named model; those that bare weights tell by their shapes may be left out. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Channels of the pictures, where they are others than the weights': the first convolution is adapted as timm does, summed
   * up for 1, repeated and scaled for more. Mean and standard deviation are averaged for 1 channel.
   */
  readonly inChannels?: number | undefined;
  /** Load what fits and leave the rest as the network has it; `loaded` tells which. */
  readonly partial?: boolean | undefined;
  /** For `hf:` names: progress, warnings, another cache. */
  readonly hub?: HubOptions | undefined;
}

export const loadKinds: Kinds<LoadOptions> = {
  model: {
    expected: 'the name of a network of the registry, or a network',
    is: (value) => text.is(value) || value instanceof Module,
  },
  options: record,
  inChannels: wholeFrom(1),
  partial: flag,
  hub: record,
  verify: flag,
};

/** How much of a file must fit, and for how many channels. */
export type FitOptions = Pick<LoadOptions, 'inChannels' | 'partial'>;

/**
 * Loads a checkpoint of Cardinal's, or bare weights (PyTorch's `.pth`, safetensors, `hf:owner/repo`) if `model` or the
 * repository says of what. Throws a `CardinalError` if the file is damaged or of another network than `model`.
 */
export async function loadTrained(path: string | URL, options: LoadOptions = {}): Promise<Trained> {
  checkOptions('loadTrained', options, loadKinds);
  return withWeightsFile(path, (file) => loadFrom(file, options), options.hub, options);
}

/** `loadTrained` of a file that is open already. */
export async function loadFrom(
  file: WeightsFile,
  { model: given, options = {}, inChannels, partial }: LoadOptions,
): Promise<Trained> {
  const { name: source, tensors, unreadable, description: own } = file;
  const how = { source, inChannels, partial, unreadable };
  const said = saysOf(file, inChannels);
  const other = given instanceof Module ? undefined : otherNetwork(file, given);
  const says = { ...said, notes: [...said.notes, ...(other === undefined ? [] : [other])] };
  if (given instanceof Module) {
    const fitting = tensorsFor(given, file);
    const loaded = await loadTensors(given, fitting, how);
    const name = given.displayName ?? given.typeName;
    return {
      model: given,
      description: own?.model ?? { name, options: {} },
      channels: inChannels ?? channelsOf(file),
      adapted: isAdapted(file, inChannels),
      loaded,
      ...says,
      // They tell what was left, and nothing was.
      notes: fitting === tensors ? says.notes : [],
    };
  }
  const description = describe(file, given, options, { inChannels, partial });
  const model = createModel(description.name, description.options);
  let loaded: LoadedWeights;
  try {
    loaded = await loadTensors(model, tensors, how);
  } catch (error) {
    throw withFitting(error, description.name, file);
  }
  const { inputShape } = modelInfo(description.name, description.options);
  const adapted = isAdapted(file, inChannels);
  return { model, description, channels: inputShape[0], adapted, loaded, ...says };
}

/** Whether the weights are of pictures of another number of channels than the network is to have. */
export function isAdapted(file: WeightsFile, inChannels: number | undefined): boolean {
  return inChannels !== undefined && inChannels !== channelsOf(file);
}

/**
 * A line for the user where a repository says that its weights are of another network than `given`: its name may be
 * another one's for the same network, or another network's that has the same tensors and computes something else.
 */
export function otherNetwork({ known }: WeightsFile, given: string | undefined): string | undefined {
  if (given === undefined || known.model === undefined || known.model === given) return undefined;
  return `their repository says that these weights are of ${known.model}: they are read as ${given}, which may compute something else`;
}

/** What a file and its repository say of its weights, beside the network; of pictures of `inChannels`, if they are to be others. */
export function saysOf(
  { description: own, known, notes }: WeightsFile,
  inChannels?: number,
): Pick<
  Trained,
  'classes' | 'preprocessing' | 'pictures' | 'ours' | 'recipe' | 'origin' | 'licence' | 'notes'
> {
  return {
    classes: own?.classes ?? known.classes,
    preprocessing: ofChannels(own?.preprocessing ?? known.preprocessing, inChannels),
    pictures: own?.pictures,
    ours: own?.trained !== undefined,
    recipe: own?.recipe,
    origin: own?.origin ?? known.origin,
    licence: own?.licence ?? known.licence,
    notes,
  };
}

/** How pictures were prepared when the weights were trained: for training that goes on from them. */
export function trainingPreprocessing(
  { description, known }: WeightsFile,
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

/**
 * What network a file's weights are of: what the file says itself, or `given` and what their shapes tell. Throws a
 * `CardinalError` if the two contradict each other, a `UsageError` with the networks that fit if nothing is known.
 */
export function describe(
  file: WeightsFile,
  given: string | undefined,
  set: Readonly<Record<string, unknown>> = {},
  { inChannels, partial = false }: FitOptions = {},
): ModelDescription {
  const { name: source, description, known, tensors } = file;
  if (inChannels !== undefined && set['inChannels'] !== undefined && set['inChannels'] !== inChannels) {
    throw new UsageError(
      `--in-channels ${inChannels} and --set inChannels=${JSON.stringify(set['inChannels'])} contradict each other: leave --set inChannels out`,
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
      `${source} holds bare weights: say what network they are of with --model${suggestion(file)}`,
    );
  }
  if (given === undefined && !listModels().includes(name)) {
    throw new CardinalError(
      `${source}: its repository says ${name}, a network that is not in the registry: 'cardinal models' lists those that are`,
    );
  }
  const options = optionsFor(name, tensors, { ...set, ...channels });
  return { name, options: validate(jsonObject, options, '--set') };
}

/** What refused weights, with the networks that they do fit where the file does not say it itself; any other error as it is. */
export function withFitting(error: unknown, asked: string, { tensors, description }: WeightsFile): unknown {
  const isRefusal = error instanceof CardinalError && !(error instanceof UsageError);
  if (!isRefusal || description !== undefined) return error;
  const fitting = fittingNames(tensors);
  if (fitting.length === 0) return error;
  const fit = fitting.includes(asked) ? `${asked} with --set left out` : fitting.join(', ');
  const separator = error.message.endsWith('?') ? ' They' : '; they';
  return new CardinalError(`${error.message}${separator} fit ${fit}`, { cause: error });
}

/** What to give for `--model`, as the end of a message. */
export function suggestion({ tensors }: WeightsFile): string {
  const fitting = fittingNames(tensors);
  return fitting.length === 0 ? '; they fit none of the registry' : `; they fit ${fitting.join(', ')}`;
}

function fittingNames(tensors: WeightsFile['tensors']): string[] {
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
    throw new CardinalError(`${path} is a checkpoint of ${name}, not of ${asked}: leave --model out`);
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
        `${path} is a checkpoint of ${name} with ${key}=${found}, not ${wanted}: leave --set out`,
      );
    }
  }
}

/** Channels of a file's pictures: as its preprocessing has them, else as its first convolution takes them. */
export function channelsOf(file: WeightsFile): 1 | 3 {
  const first = [...file.tensors.values()].find(({ shape }) => shape.length === 4)?.shape[1];
  return saysOf(file).preprocessing?.channels ?? (first === 1 ? 1 : 3);
}
