import { smallest } from '../base/extremes.ts';
import type { Backend } from '../backends/backend.ts';
import { withEndings, type Endings } from '../base/endings.ts';
import { UsageError } from '../base/errors.ts';
import { visible } from '../base/quoted.ts';
import { jsonObject, validate } from '../base/validate.ts';
import { augmentationNamed, type AugmentationName } from '../data/augmentations.ts';
import { leftOutLine } from '../data/left-out.ts';
import type { PictureLimitOptions } from '../data/picture-limits.ts';
import { preprocessingSchema, type Preprocessing } from '../data/preprocessing.ts';
import { createModel, modelInfo, modelOrigin, type GivenOptions } from '../models/registry.ts';
import { countModel } from '../cost/count-model.ts';
import { freeze, freezeExactly } from '../nn/freeze.ts';
import { Module } from '../nn/module.ts';
import {
  mayBeSameModel,
  requireSameClasses,
  type Checkpoint,
  type TrainingState,
} from '../train/checkpoint.ts';
import { continuedRecipe, rateAfterwards, type AskedRecipe } from '../train/continue.ts';
import { patience } from '../train/early-stopping.ts';
import type { TrainEvent } from '../train/events.ts';
import { networkOf, type ModelDescription } from '../train/network.ts';
import {
  findRecipe,
  recipeSchema,
  withOverrides,
  type Recipe,
  type RecipeOverrides,
} from '../train/recipe.ts';
import { fit, type TrainResult } from '../train/train.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { leftOver, loadTensors } from '../weights/load.ts';
import { createNodeBackend, type NodeBackendOptions } from './backend.ts';
import { openDataFor } from './data-for-weights.ts';
import { seenBefore } from './data/to-evaluate.ts';
import { openData, type OpenOptions } from './data/open.ts';
import type { OpenData } from '../data/open-data.ts';
import { fitPreprocessing } from './data/channel-statistics.ts';
import { pictureListFile } from './data/picture-list.ts';
import { picturesOfRun } from './data/run-pictures.ts';
import { openLoaders, withAugmentation } from './data/loaders.ts';
import { engineBefore } from './engine-before.ts';
import { prepareFor } from './prepare.ts';
import { evaluateBest, type EvaluateBestOptions, type RunEvaluation } from './report/evaluate-best.ts';
import { interruption, withoutEvaluation, writeReport } from './report/write-report.ts';
import { requireRoom } from './room.ts';
import type { RunFolder } from './run-folder.ts';
import { RunPlace } from './run-place.ts';
import type { HubOptions } from './hub/repo.ts';
import { checkTrainOn } from './train-on-arguments.ts';
import { channelsOf, isAdapted, weightsFactsOf, trainingPreprocessing } from '../use/weights-facts.ts';
import { tensorsFor } from '../use/opened-weights.ts';
import type { WeightsFile } from './weights-file.ts';
import { withWeightsFile } from './weights-file.ts';

/** Limits of pictures are for a path: pictures that are open already are read as `openData` was told. */
export interface TrainOnOptions extends RecipeOverrides, VerifyOptions, PictureLimitOptions {
  /** A recipe or the name of one; the other numbers here change it. Default `quick`. */
  readonly recipe?: Recipe | string | undefined;
  /** Run folder for checkpoints and metrics; nothing is written without it. */
  readonly out?: string | undefined;
  /**
   * Continue the run in `out` at the exact batch, with its own recipe, seed, preprocessing and frozen parameters; others, if
   * they are given, are refused. More `epochs` than it had make it longer, if its learning rate does not fall along a cosine.
   * What says how a run begins (`weights`, `head`, `inChannels`, `partial`) changes nothing, which a `warning` event tells.
   */
  readonly resume?: boolean | undefined;
  /**
   * With `resume`: take the folder from whoever has it, for a caller who knows that its process is over. One that is not
   * stops at its next write.
   */
  readonly takeOver?: boolean | undefined;
  /**
   * Weights to begin with: a checkpoint, a PyTorch or safetensors file, `hf:owner/repo`. Pictures are then prepared as
   * theirs were, unless `preprocessing` says otherwise.
   */
  readonly weights?: string | undefined;
  /** For `hf:` names: progress, warnings, another cache. */
  readonly hub?: HubOptions | undefined;
  /**
   * The classifier of `weights`: `keep` (default), with the classes that they name, in their order; or `reset` for other
   * classes than they were trained on.
   */
  readonly head?: 'keep' | 'reset' | undefined;
  /**
   * Channels of the pictures, where they are others than those of `weights`: their first convolution is adapted as timm
   * does, and the preprocessing with it.
   */
  readonly inChannels?: 1 | 3 | undefined;
  /** Begin with what fits of `weights` and leave the rest of the network as it is; a `warning` event tells what is left. */
  readonly partial?: boolean | undefined;
  /**
   * Paths of modules and parameters that are not trained, as `nn.freeze` takes them, beside those of the network that have
   * `requiresGrad` false already. A run that is continued has its own; others, if they are given, are refused.
   */
  readonly freeze?: readonly string[] | undefined;
  /** Called with all that happens; the run waits for a promise it returns. Any other result is ignored. */
  readonly onEvent?: ((event: TrainEvent) => unknown) | undefined;
  /**
   * Evaluate what was trained on the test pictures, or on the validation pictures if there are no others. Default: true.
   */
  readonly evaluate?: boolean | undefined;
  /** With `out`: write `report.html` and, if it was evaluated, `misclassified.csv`. Default: true. */
  readonly report?: boolean | undefined;
  /**
   * Ends the run with a checkpoint, as soon as the micro-batch that is being computed is over: the step that it belongs to is given
   * up, and done again if the run goes on.
   */
  readonly signal?: AbortSignal | undefined;
  /** Stop when validation has not improved for so many epochs. */
  readonly patience?: number | undefined;
  /** Optimiser steps between checkpoints, beside the one after each epoch. */
  readonly checkpointEvery?: number | undefined;
  /**
   * Minutes between checkpoints, beside these, from the end of one to the next; fewer where saving would take more than a twentieth of
   * the time. Default 5; 0: none by the clock.
   */
  readonly checkpointMinutes?: number | undefined;
  /**
   * Recompute activations in the backward pass instead of keeping them all: much less memory for some more time, the same
   * results. Default: false; for a run that is continued, as it was.
   */
  readonly checkpointActivations?: boolean | undefined;
  /** Everything random comes from it; weights too, if the network is given by its name. Default 0. */
  readonly seed?: number | undefined;
  /** Share of every class that is held out for validation where a folder has no validation pictures. Default 0.1; 0: none. */
  readonly valFraction?: number | undefined;
  /** Refuse what cannot be read, instead of leaving it out with a warning. */
  readonly strict?: boolean | undefined;
  /** How pictures are varied, by name; `augmentation` says it in numbers. Default: the recipe's, or what is usual for the data. */
  readonly augment?: AugmentationName | undefined;
  /** Side of the input. Default: the pictures' own; for photos the named network's, or 224. */
  readonly imageSize?: number | undefined;
  /** Default: as `imageSize` says, with mean and standard deviation measured on the pictures. */
  readonly preprocessing?: Preprocessing | undefined;
  /** What computes; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: Backend | undefined;
  readonly threads?: number | undefined;
  /** Have matrix products done by a native library. Default: if there is one; a run that is continued, as it was. */
  readonly blas?: boolean | undefined;
}

/** A network trained on pictures, and what it takes to use it. */
export interface TrainedOn extends TrainResult {
  /** With the trained weights in it. */
  readonly model: Module;
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  /**
   * How well the best weights do (`best.safetensors`), or without `out` those that the network got. Absent if that was not
   * asked for, if there are no pictures to evaluate on, if the run was interrupted or diverged, or if `best.safetensors` is damaged,
   * which a `warning` event tells.
   */
  readonly evaluation?: RunEvaluation;
  /** The pictures as they were split: what was held out is its `val`. */
  readonly data: OpenData;
}

/**
 * Trains a network on a folder of pictures (see `openData`) as `cardinal train` does: loaders, preprocessing, threads and
 * the run folder are taken care of. `model` is a network of your own, or a name of the registry with options; then the
 * numbers of classes and channels come from the data.
 *
 *     const { model } = await trainOn('photos', new MyNetwork(), { epochs: 5, out: 'runs/mine', onEvent: console.log });
 *
 * With `out`, `best.safetensors` in it is what `loadClassifier` takes, and `report.html` shows how it went.
 * Throws a `CardinalError` if data, network and recipe do not fit together, or a file cannot be read or written: an
 * `InUseError` if another run has the folder `out`, a `LockLostError` if another took it over meanwhile.
 */
export async function trainOn(
  source: string | OpenData,
  model: Module | NamedModel,
  options: TrainOnOptions = {},
): Promise<TrainedOn> {
  checkTrainOn(source, model, options);
  const { weights, resume, valFraction, maxPixels, decodeSeconds } = options;
  const forPath = Object.entries({ valFraction, maxPixels, decodeSeconds }).find(
    ([, value]) => value !== undefined,
  );
  if (forPath !== undefined && typeof source !== 'string') {
    throw new UsageError(
      `${forPath[0]} is for a path: pictures that are open already are split and read as openData was told`,
    );
  }
  if (options.takeOver === true && resume !== true) throw new UsageError('takeOver is for resume');
  /** What the report tells its reader. */
  const notes: string[] = [];
  const onEvent = async (event: TrainEvent): Promise<void> => {
    if ((event.type !== 'warning' && event.type !== 'end') || event.message === undefined) {
      await options.onEvent?.(event);
      return;
    }
    // Names of strangers stand in it, and whoever listens prints it.
    const message = visible(event.message);
    notes.push(message);
    await options.onEvent?.({ ...event, message });
  };
  return withEndings(async (endings) => {
    const place = new RunPlace({
      takeOver: options.takeOver,
      verify: options.verify,
      onNotice: (message) => onEvent({ type: 'warning', message }),
    });
    endings.add(() => place.end());
    if (resume === true) await place.reopen(required(options.out));
    if (place.resume === undefined) requireBeginning(options);
    const run: Begun = { options, place, notes, onEvent };
    // A run that is continued has its weights in its checkpoint.
    return weights === undefined || place.resume !== undefined
      ? work(source, model, run, endings)
      : withWeightsFile(weights, (file) => work(source, model, run, endings, file), options.hub, options);
  });
}

/** Throws a `UsageError` if what says how a run begins lacks the weights that it is for. */
function requireBeginning({ weights, head, inChannels, partial }: TrainOnOptions): void {
  if (weights !== undefined) return;
  if (head === 'reset') {
    throw new UsageError("head: 'reset' is for weights: without them the classifier is fresh anyway");
  }
  if (inChannels !== undefined || partial === true) {
    throw new UsageError('inChannels and partial are for weights: without them there are none to adapt');
  }
}

interface Begun {
  readonly options: TrainOnOptions;
  readonly place: RunPlace;
  readonly notes: string[];
  readonly onEvent: (event: TrainEvent) => Promise<void>;
}

async function work(
  source: string | OpenData,
  model: Module | NamedModel,
  { options: asked, place, notes, onEvent }: Begun,
  endings: Endings,
  weights?: WeightsFile,
): Promise<TrainedOn> {
  const { resume } = place;
  const options: TrainOnOptions = { ...asked, onEvent };
  const { out, signal, checkpointEvery, checkpointMinutes, checkpointActivations, head } = options;
  let packed: (() => Promise<Uint8Array>) | undefined;
  const openFolder = async (path: string): Promise<RunFolder> => {
    const folder = await place.make(path);
    const list = packed;
    packed = undefined;
    if (list !== undefined) await folder.write(pictureListFile, await list());
    return folder;
  };
  try {
    const own = resume?.training;
    const beginning = resume && beginningOf(asked);
    if (beginning !== undefined)
      await onEvent({
        type: 'warning',
        message: `the run in ${required(out)} goes on with its own weights: ${beginning}`,
      });
    const chosen = own === undefined ? chooseRecipe(options) : continued(own, resume?.preprocessing, options);
    const seed = resume?.training?.seed ?? options.seed ?? 0;
    const data = await pictures(
      source,
      { seed, ...opening(options, resume), classes: resume?.classes },
      head,
      weights,
    );
    const earlier = weights && weightsFactsOf(weights).pictures;
    for (const message of [leftOutLine(data.leftOut), await seenBefore(data, earlier)]) {
      if (message !== undefined) await onEvent({ type: 'warning', message });
    }
    const strict = options.strict ?? false;
    const before = resume && { path: required(out), checkpoint: resume };
    const { record, conditions, warning, list } = await picturesOfRun(data, { strict, earlier: before });
    if (warning !== undefined) await onEvent({ type: 'warning', message: warning });
    packed = list;
    const preprocessing =
      resume?.preprocessing ?? given(options) ?? (await suitable(model, data, options, weights, chosen));
    const recipe =
      resume === undefined ? await withAugmentation(chosen, data, preprocessing, options.augment) : chosen;
    const { channels, size } = preprocessing;
    const network = networkFor(model, data, channels);
    if (!(model instanceof Module)) network.initialize(seed);
    if (weights !== undefined) {
      const { name: source, unreadable } = weights;
      const { inChannels, partial } = options;
      const how = { source, head, inChannels, partial, unreadable };
      const loaded = await loadTensors(network, tensorsFor(network, weights), how);
      const left = leftOver(loaded);
      if (left !== undefined) await onEvent({ type: 'warning', message: left });
    }
    if (options.freeze !== undefined) freeze(network, options.freeze);
    // A checkpoint of another network is refused where training starts, with a message that says so.
    else if (resume?.training !== undefined && isOf(resume, network))
      freezeExactly(network, resume.training.frozen ?? []);
    const loaders = openLoaders(data, { recipe, preprocessing, seed, strict });
    endings.add(() => loaders.validation?.dispose());
    endings.add(() => loaders.train.dispose());
    const backend = options.backend ?? (await createNodeBackend(engineOf(options, own)));
    if (options.backend === undefined) endings.add(() => backend.dispose());
    const reached = own && (await place.folder?.rewindMetrics(own.progress));
    if (own !== undefined && own.recipe.epochs !== recipe.epochs) {
      await place.folder?.adoptRecipe(recipe);
      await onEvent({ type: 'warning', message: rateAfterwards(own.recipe, recipe) });
    }
    if (own !== undefined && own.progress.epoch >= recipe.epochs) {
      const message = `the run in ${required(out)} has finished its ${recipe.epochs} ${recipe.epochs === 1 ? 'epoch' : 'epochs'}: nothing is left to train`;
      await onEvent({ type: 'warning', message });
    }
    const trainable = networkOf(network, [channels, ...size], describe(network));
    const result = await fit({
      network: trainable,
      backend,
      data: loaders,
      recipe,
      seed,
      preprocessing,
      pictures: [record, ...(earlier ?? [])],
      conditions,
      ...(weights === undefined
        ? {}
        : { origin: weightsFactsOf(weights).origin, licence: weightsFactsOf(weights).licence }),
      store:
        out === undefined
          ? undefined
          : { save: async (kind, bytes) => (await openFolder(out)).save(kind, bytes) },
      checkpointEvery,
      checkpointMinutes,
      checkpointActivations,
      resume,
      history: reached?.history,
      secondsBefore: reached?.seconds,
      signal,
      stopWhen: options.patience === undefined ? undefined : patience(options.patience),
      onEvent: async (event) => {
        if (out !== undefined && event.type !== 'checkpoint')
          await (await openFolder(out)).appendMetrics(event);
        await onEvent(event);
      },
    });
    const trained = { ...result, model: network, classes: data.classes, preprocessing, data };
    if (result.reason === 'not-finite') return trained;
    const run = { network: trainable, data, backend, recipe, preprocessing, seed, strict };
    const found =
      result.reason === 'interrupted' || options.evaluate === false
        ? undefined
        : await evaluateTrained(run, result, place.folder, signal);
    const [evaluated, problem] = typeof found === 'string' ? [undefined, found] : [found];
    if (problem !== undefined) await onEvent({ type: 'warning', message: withoutEvaluation(problem) });
    const { folder } = place;
    if (folder !== undefined && options.report !== false) {
      if (signal?.aborted === true) notes.push(interruption(result));
      await writeReport({
        ...{ folder, data, backend, recipe, preprocessing, seed, evaluated, notes },
        model: trainable.description,
        cost: countModel(network, trainable.input),
        begunWith: weights && `${weights.name}, classifier ${head === 'reset' ? 'drawn anew' : 'kept'}`,
        frozen: trainable.frozen().join(' ') || undefined,
      });
    }
    return { ...trained, ...(evaluated === undefined ? {} : { evaluation: evaluated }) };
  } catch (error) {
    place.fail();
    throw error;
  }
}

/** Evaluates the best weights of the run folder, or those that the network got if there is none; or what is wrong with them. */
async function evaluateTrained(
  { recipe, ...run }: Omit<EvaluateBestOptions, 'state' | 'batchSize'> & { readonly recipe: Recipe },
  { state }: TrainResult,
  folder: RunFolder | undefined,
  signal: AbortSignal | undefined,
): Promise<RunEvaluation | string | undefined> {
  const best = await folder?.bestWeights();
  const weights = typeof best === 'object' ? best.state : (best ?? state);
  if (weights === undefined || typeof weights === 'string') return weights;
  return evaluateBest({ ...run, state: weights, batchSize: recipe.batchSize, signal });
}

/** The pictures, with the classes that a classifier which is kept has, in their order. */
async function pictures(
  source: string | OpenData,
  options: OpenOptions,
  head: 'keep' | 'reset' = 'keep',
  weights?: WeightsFile,
): Promise<OpenData> {
  if (typeof source === 'string') {
    return weights === undefined ? openData(source, options) : openDataFor(weights, head, source, options);
  }
  const known = weights && weightsFactsOf(weights).classes;
  if (weights && known && head === 'keep')
    requireSameClasses({ classes: known }, source.classes, weights.name);
  return source;
}

/** How a folder is opened; a run that is continued holds out what it did. */
function opening(
  { valFraction, strict, maxPixels, decodeSeconds }: TrainOnOptions,
  resume: Checkpoint | undefined,
): OpenOptions {
  // Checkpoints of old do not say which pictures they were trained on.
  const was = resume?.pictures === undefined ? undefined : (resume.pictures.at(0)?.heldOut?.fraction ?? 0);
  if (was !== undefined && valFraction !== undefined && valFraction !== was) {
    throw new UsageError(`valFraction: the run to continue has its own, ${was}: leave it out`);
  }
  return { valFraction: was ?? valFraction, strict, maxPixels, decodeSeconds };
}

/** A network of the registry; classes and channels come from the data. */
export interface NamedModel {
  readonly name: string;
  readonly options?: GivenOptions;
}

/** The recipe with which a run goes on. Throws a `UsageError` if something else is asked for than it has. */
function continued(
  { recipe, seed }: TrainingState,
  preprocessing: Preprocessing | undefined,
  options: TrainOnOptions,
): Recipe {
  const source = `the run in ${required(options.out)}`;
  const refuse = (what: string, has: unknown, given: unknown): never => {
    throw new UsageError(
      `${source} has ${what} ${JSON.stringify(has)}, not ${JSON.stringify(given)}: leave it out`,
    );
  };
  if (options.seed !== undefined && options.seed !== seed) refuse('seed', seed, options.seed);
  const { imageSize, preprocessing: given } = options;
  if (imageSize !== undefined && preprocessing?.size.some((side) => side !== imageSize) === true) {
    refuse('input size', preprocessing.size, imageSize);
  }
  if (given !== undefined && preprocessing !== undefined) {
    const [has, asked] = [preprocessing, given].map((each) =>
      JSON.stringify(validate(preprocessingSchema, each, 'preprocessing')),
    );
    if (has !== asked) refuse('preprocessing', preprocessing, given);
  }
  const asked = askedOf(options);
  const varied =
    options.augment && preprocessing && augmentationNamed(options.augment, smallest(preprocessing.size));
  return continuedRecipe(recipe, { ...asked, augmentation: varied ?? asked.augmentation }, source);
}

/** What says how a run begins, for one that has begun. */
function beginningOf({ weights, head, inChannels, partial }: TrainOnOptions): string | undefined {
  const given = Object.entries({ weights, head, inChannels, partial }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  if (given.length === 0) return undefined;
  return `${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} for its beginning and ${given.length === 1 ? 'changes' : 'change'} nothing now`;
}

function chooseRecipe(options: TrainOnOptions): Recipe {
  const { recipe = 'quick', ...overrides } = askedOf(options);
  const chosen = typeof recipe === 'string' ? findRecipe(recipe) : validate(recipeSchema, recipe, 'recipe');
  return withOverrides(chosen, overrides);
}

function askedOf(options: TrainOnOptions): AskedRecipe {
  const { recipe, epochs, batchSize, learningRate, weightDecay, labelSmoothing, ...more } = options;
  const { clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation, balance } = more;
  if (augmentation !== undefined && more.augment !== undefined) {
    throw new UsageError('augment and augmentation both say how pictures are varied: give one of them');
  }
  return {
    ...{ recipe, epochs, batchSize, learningRate, weightDecay, labelSmoothing },
    ...{ clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation, balance },
  };
}

/** Whether a checkpoint may be this network's. */
function isOf(checkpoint: Checkpoint, network: Module): boolean {
  const names = [...network.stateSpecs().keys()];
  return (
    mayBeSameModel(checkpoint.model, describe(network)) &&
    names.length === checkpoint.state.size &&
    names.every((name) => checkpoint.state.has(name))
  );
}

/** What a checkpoint calls the network: the registry's name and options, or the class's name. */
function describe(model: Module): ModelDescription {
  const { name, options } = modelOrigin(model) ?? { name: model.displayName ?? model.typeName, options: {} };
  return { name, options: validate(jsonObject, options, `options of ${name}`) };
}

/** The network; of the registry's the data decides classes and channels. */
function networkFor(model: Module | NamedModel, { classes }: OpenData, inChannels: number): Module {
  if (model instanceof Module) return model;
  return createModel(model.name, { ...model.options, numClasses: classes.length, inChannels });
}

/** The preprocessing of the weights that training begins with, a guess with a warning; else what suits the pictures. */
async function suitable(
  model: Module | NamedModel,
  data: OpenData,
  { imageSize, inChannels, checkpointActivations, onEvent }: TrainOnOptions,
  weights: WeightsFile | undefined,
  recipe: Recipe,
): Promise<Preprocessing> {
  const side = imageSize ?? designedSize(model, data);
  if (imageSize !== undefined) {
    const pictures = weights === undefined ? data.channels : (inChannels ?? channelsOf(weights));
    const network = networkFor(model, data, pictures);
    requireRoom(
      networkOf(network, [pictures, imageSize, imageSize], describe(network)),
      recipe,
      checkpointActivations,
    );
  }
  if (weights === undefined) return fitPreprocessing(data, { imageSize: side });
  const description = model instanceof Module ? describe(model) : { name: model.name, options: {} };
  const known = {
    preprocessing: trainingPreprocessing(weights, inChannels),
    channels: inChannels ?? channelsOf(weights),
    adapted: isAdapted(weights, inChannels),
    description,
  };
  const { preprocessing, note } = await prepareFor(known, { imageSize }, data);
  if (note !== undefined) await onEvent?.({ type: 'warning', message: note });
  return preprocessing;
}

/** Photos are brought to the size that a named network was designed for. */
function designedSize(model: Module | NamedModel, { pictureSize }: OpenData): number | undefined {
  if (model instanceof Module || pictureSize !== undefined) return undefined;
  return modelInfo(model.name, model.options).inputShape[1];
}

function given({ preprocessing }: TrainOnOptions): Preprocessing | undefined {
  return preprocessing && validate(preprocessingSchema, preprocessing, 'trainOn: preprocessing');
}

function required(out: string | undefined): string {
  if (out === undefined) throw new UsageError('to continue a run, name its folder with out');
  return out;
}

/** As it is asked for; else a run that goes on is computed as it was. */
function engineOf(
  { threads, blas }: TrainOnOptions,
  training: TrainingState | undefined,
): NodeBackendOptions {
  return {
    ...engineBefore(training),
    ...(threads === undefined ? {} : { threads }),
    ...(blas === undefined ? {} : { blas }),
  };
}
