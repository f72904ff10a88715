import { UsageError } from '../../base/errors.ts';
import { jsonObject, validate } from '../../base/validate.ts';
import { VERSION } from '../../base/version.ts';
import { preprocessingSchema, type Preprocessing } from '../../data/preprocessing.ts';
import { createModel, modelInfo, modelOrigin } from '../../models/registry.ts';
import { Module } from '../../nn/module.ts';
import { tracedInputs } from '../../train/micro-batches.ts';
import { networkOf, type ModelDescription } from '../../train/network.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { OpenData } from '../../data/open-data.ts';
import { fitPreprocessing } from '../../data/channel-statistics.ts';
import { withAugmentation } from '../../train/loaders.ts';
import { prepareFor, requirePerChannel } from '../../use/prepare.ts';
import { identifyNetwork, otherNetwork } from '../../use/identify.ts';
import { channelsOf, weightsFactsOf, isAdapted, trainingPreprocessing } from '../../use/weights-facts.ts';
import type { BeginningWeights, RunPlatform } from '../platform.ts';
import { chooseRecipe } from './asked-recipe.ts';
import { runConfigSchema, type RunConfig } from './config.ts';
import { engineToKeep } from './engine.ts';
import type { RunLog } from './events.ts';
import type { NamedModel, RunOptions, RunRequest } from './options.ts';
import { requireRoom } from './room.ts';

/** How `openData` opens pictures, where nothing else is asked for. */
export const usualOpening = { seed: 0, valFraction: 0.1, strict: false } as const;

/** What decides how a run goes, and the network itself, which has the weights that it was made with. */
export interface Settings {
  readonly config: RunConfig;
  readonly module: Module;
}

/**
 * The settings of a run that begins, before there is a folder. From `weights`, if there are some, come the network's options
 * and how pictures are prepared. Throws a `CardinalError` if data, network, weights and options do not fit together.
 */
export async function settingsFor(
  request: RunRequest,
  data: OpenData,
  weights: BeginningWeights | undefined,
  log: RunLog,
  platform: RunPlatform,
): Promise<Settings> {
  const { model, options, command } = request;
  const recipe = chooseRecipe(options);
  if (!(model instanceof Module) && weights !== undefined) await log.warn(otherNetwork(weights, model.name));
  const network =
    model instanceof Module ? own(model, data, weights, options) : named(model, data, weights, options);
  const preprocessing = await preprocessingFor(network, data, weights, recipe, options, log, platform);
  const { seed = usualOpening.seed, strict = usualOpening.strict, freeze } = options;
  const { patience, checkpointEvery, checkpointMinutes, checkpointActivations } = options;
  const config = {
    cardinal: VERSION,
    startedAt: new Date().toISOString(),
    command,
    data: platform.paths.resolve(data.path),
    model: network.description,
    recipe: await withAugmentation(recipe, data, preprocessing, options.augment, platform.pictures),
    seed,
    valFraction: shareHeldOut(request, data),
    strict,
    preprocessing,
    weights: weights && (await beginning(weights, options)),
    freeze,
    checkpointActivations,
    patience,
    checkpointEvery,
    maxPixels: options.maxPixels,
    decodeSeconds: options.decodeSeconds,
    engine: engineToKeep(options, platform.backends),
    checkpointMinutes,
  };
  return {
    config: validate(runConfigSchema(platform.backends), withoutUndefined(config), 'the settings of the run'),
    module: network.module,
  };
}

/** What is known of a network before its pictures are. */
interface ChosenNetwork {
  readonly module: Module;
  readonly description: ModelDescription;
  readonly channels: 1 | 3;
  /** Side of the pictures that it was designed for, if the registry knows it. */
  readonly designedSide: number | undefined;
}

/** A network of one's own, as it is. */
function own(
  module: Module,
  data: OpenData,
  weights: BeginningWeights | undefined,
  { preprocessing, inChannels }: RunOptions,
): ChosenNetwork {
  const description = describeModule(module);
  const ofPictures = weights === undefined ? data.channels : (inChannels ?? channelsOf(weights));
  const channels = pictureChannels(description.name, preprocessing?.channels ?? ofPictures);
  return { module, description, channels, designedSide: undefined };
}

/** A network of the registry: the one that is named, or that the weights are of, for the classes of the data. */
function named(
  model: Partial<NamedModel>,
  data: OpenData,
  weights: BeginningWeights | undefined,
  options: RunOptions,
): ChosenNetwork {
  const given = validate(jsonObject, withoutUndefined({ ...model.options }), 'options of the network');
  requireClasses(given, data);
  const { name, options: set } =
    weights === undefined ? describeNamed(model.name, given) : ofWeights(weights, model.name, given, options);
  const { options: all, inputShape } = modelInfo(name, set);
  const isSaid = weights !== undefined || 'inChannels' in given;
  const channels = pictureChannels(
    name,
    options.preprocessing?.channels ?? (isSaid ? all.inChannels : data.channels),
  );
  const description = { name, options: { ...set, numClasses: data.classes.length, inChannels: channels } };
  return {
    module: createModel(name, description.options),
    description,
    channels,
    designedSide: inputShape[1],
  };
}

function describeNamed(name: string | undefined, options: ModelDescription['options']): ModelDescription {
  if (name === undefined) throw new UsageError('--model is missing: see `cardinal models` for their names');
  return { name, options };
}

function ofWeights(
  weights: BeginningWeights,
  given: string | undefined,
  set: ModelDescription['options'],
  options: RunOptions,
): ModelDescription {
  // Classes are the data's, whatever those of the weights are.
  const { name, options: own } = identifyNetwork(weights, given, withoutClasses(set), options);
  return { name, options: withoutClasses(own) };
}

function withoutClasses(options: ModelDescription['options']): ModelDescription['options'] {
  return Object.fromEntries(Object.entries(options).filter(([key]) => key !== 'numClasses'));
}

/** The data has as many classes as it has; another number for the network is a mistake. */
function requireClasses(options: ModelDescription['options'], { path, classes }: OpenData): void {
  const { numClasses } = options;
  if (!('numClasses' in options) || numClasses === classes.length) return;
  throw new UsageError(
    `--set numClasses=${JSON.stringify(numClasses)}: ${path} has ${classes.length} classes, leave it out (in a program, out of the network's options)`,
  );
}

function pictureChannels(name: string, channels: number | undefined): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new UsageError(`${name}: pictures have 1 or 3 channels, got inChannels=${String(channels)}`);
}

/** What a checkpoint calls a network: the registry's name and options, or the name of its class. */
export function describeModule(module: Module): ModelDescription {
  const { name, options } = modelOrigin(module) ?? {
    name: module.displayName ?? module.typeName,
    options: {},
  };
  return { name, options: validate(jsonObject, options, `options of ${name}`) };
}

/** As it is given; else that of the weights, with a warning if it is a guess; else what suits the pictures. */
async function preprocessingFor(
  { module, description, channels, designedSide }: ChosenNetwork,
  data: OpenData,
  weights: BeginningWeights | undefined,
  recipe: Recipe,
  { preprocessing: given, imageSize, mean, std, inChannels, checkpointActivations }: RunOptions,
  log: RunLog,
  platform: RunPlatform,
): Promise<Preprocessing> {
  if (given !== undefined) return validate(preprocessingSchema, given, 'trainOn: preprocessing');
  if (imageSize !== undefined) {
    const network = networkOf(module, [channels, imageSize, imageSize], description);
    await platform.beforeTracing?.(tracedInputs(network.input, { recipe }));
    requireRoom(network, recipe, checkpointActivations, platform.largestProgram());
  }
  if (weights === undefined) {
    requirePerChannel({ channels, mean, std });
    // Pictures of one size are taken as they are; photos are brought to the size the network was designed for.
    const usual = data.pictureSize === undefined ? designedSide : undefined;
    return fitPreprocessing(data, { channels, imageSize: imageSize ?? usual, mean, std }, platform.pictures);
  }
  const known = {
    preprocessing: trainingPreprocessing(weights, inChannels),
    channels,
    adapted: isAdapted(weights, inChannels),
    description: { name: description.name, options: {} },
  };
  const { preprocessing, note } = await prepareFor(
    known,
    { mean, std, imageSize },
    { data, platform: platform.pictures },
  );
  await log.warn(note);
  return preprocessing;
}

/** The share that is held out where the data has no validation pictures; of pictures that are open, the one that was. */
function shareHeldOut({ source, options }: RunRequest, { heldOut }: OpenData): number {
  if (typeof source === 'object') return heldOut?.fraction ?? 0;
  return options.valFraction ?? usualOpening.valFraction;
}

async function beginning(
  weights: BeginningWeights,
  { weights: file = weights.name, head = 'keep', partial, inChannels }: RunOptions,
): Promise<RunConfig['weights']> {
  const { origin, licence } = weightsFactsOf(weights);
  return {
    file,
    ...withoutUndefined({ path: weights.path }),
    sha256: await weights.digest(),
    ...withoutUndefined({ inChannels }),
    head,
    ...(partial === true ? { partial } : {}),
    ...withoutUndefined({ origin, licence }),
  };
}

/** JSON has no `undefined`. */
export function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
