import { UsageError } from '../../base/errors.ts';
import { jsonObject, validate } from '../../base/validate.ts';
import { VERSION } from '../../base/version.ts';
import { isAddress } from '../../data/address.ts';
import { preprocessingSchema, type Preprocessing } from '../../data/preprocessing.ts';
import { createModel, modelInfo, modelOrigin } from '../../models/registry.ts';
import { Module } from '../../nn/module.ts';
import { tracedInputs } from '../../train/micro-batches.ts';
import { networkOf, type ModelDescription } from '../../train/network.ts';
import { withDropPath, withoutDropPath } from '../../train/recipe-parts.ts';
import { frozenUntilUnfrozen } from '../../train/unfreeze.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { OpenData } from '../../data/open-data.ts';
import { fitPreprocessing } from '../../data/channel-statistics.ts';
import { withLoss } from '../../train/loss.ts';
import { withAugmentation } from '../../train/loaders.ts';
import { requirePerChannel } from '../../use/per-channel.ts';
import type { RunPlatform } from '../platform.ts';
import { augmentNamed, chooseRecipe } from './asked-recipe.ts';
import { runConfigSchema, type RunConfig } from './config.ts';
import { engineToKeep } from './engine.ts';
import type { RunLog } from './events.ts';
import type { InitialWeights } from './initial-weights.ts';
import type { NamedModel, RunOptions, RunRequest } from './options.ts';
import { ownPartsOf, withOwnAugment } from './own-parts.ts';
import { requireRoom } from './room.ts';
import { withoutUndefined } from './without.ts';

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
  weights: InitialWeights | undefined,
  log: RunLog,
  platform: RunPlatform,
): Promise<Settings> {
  const { model, options, command } = request;
  const recipe = withLoss(chooseRecipe(options), data.train);
  if (!(model instanceof Module)) await log.warn(weights?.otherNetwork(model.name));
  const network =
    model instanceof Module
      ? own(model, data, weights, options)
      : named(model, data, weights, recipe, options);
  await log.warn(withoutDropPath(network.description, recipe));
  const preprocessing = await preprocessingFor(network, data, weights, recipe, options, log, platform);
  const { seed = usualOpening.seed, strict = usualOpening.strict } = options;
  const { freeze = frozenUntilUnfrozen(recipe, network.module) } = options;
  const { patience, checkpointEvery, checkpointMinutes, checkpointActivations, syncBatchNorm } = options;
  const config = {
    cardinal: VERSION,
    startedAt: new Date().toISOString(),
    command,
    data: data.kind === 'own' || isAddress(data.path) ? data.path : platform.paths.resolve(data.path),
    program: ownPartsOf(data, options),
    model: network.description,
    recipe:
      withOwnAugment(recipe, options) ??
      (await withAugmentation(recipe, data, preprocessing, augmentNamed(options), platform.pictures)),
    seed,
    valFraction: shareHeldOut(request, data),
    strict,
    preprocessing,
    weights: await weights?.settings(options),
    freeze,
    checkpointActivations,
    // What is usual is not said, so that it is no news.
    syncBatchNorm: syncBatchNorm === false ? false : undefined,
    patience,
    checkpointEvery,
    labels: data.labels,
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
  weights: InitialWeights | undefined,
  { preprocessing, inChannels }: RunOptions,
): ChosenNetwork {
  const description = describeModule(module);
  const ofPictures = weights === undefined ? data.channels : (inChannels ?? weights.channels);
  const channels = pictureChannels(description.name, preprocessing?.channels ?? ofPictures);
  return { module, description, channels, designedSide: undefined };
}

/** A network of the registry: the one that is named, or that the weights are of, for the classes of the data. */
function named(
  model: Partial<NamedModel>,
  data: OpenData,
  weights: InitialWeights | undefined,
  recipe: Recipe,
  options: RunOptions,
): ChosenNetwork {
  const given = validate(jsonObject, withoutUndefined({ ...model.options }), 'options of the network');
  requireClasses(given, data);
  const { name, options: set } =
    weights === undefined ? describeNamed(model.name, given) : weights.network(model.name, given, options);
  const { options: all, inputShape } = modelInfo(name, set);
  const trained = withDropPath(set, { ...all }, recipe);
  const isSaid = weights !== undefined || 'inChannels' in given;
  const channels = pictureChannels(
    name,
    options.preprocessing?.channels ?? (isSaid ? all.inChannels : data.channels),
  );
  const description = {
    name,
    options: { ...trained, numClasses: data.classes.length, inChannels: channels },
  };
  return {
    module: createModel(name, description.options),
    description,
    channels,
    designedSide: inputShape[1],
  };
}

function describeNamed(name: string | undefined, options: ModelDescription['options']): ModelDescription {
  if (name === undefined) throw new UsageError('`model` is missing: see `cardinal models` for their names');
  return { name, options };
}

/** The data has as many classes as it has; another number for the network is a mistake. */
function requireClasses(options: ModelDescription['options'], { path, classes }: OpenData): void {
  const { numClasses } = options;
  if (!('numClasses' in options) || numClasses === classes.length) return;
  throw new UsageError(
    `\`options.numClasses: ${JSON.stringify(numClasses)}\`: ${path} has ${classes.length} classes, leave it out`,
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
  weights: InitialWeights | undefined,
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
  const { preprocessing, note } = await weights.prepare(
    description.name,
    channels,
    inChannels,
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
