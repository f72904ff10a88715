import type { Backend } from '../backends/backend.ts';
import { withEndings, type Endings } from '../base/endings.ts';
import { UsageError } from '../base/errors.ts';
import { jsonObject, validate } from '../base/validate.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { countModel, createModel, modelInfo, modelOrigin, type GivenOptions } from '../models/registry.ts';
import { freeze, freezeExactly } from '../nn/freeze.ts';
import { Module } from '../nn/module.ts';
import { requireSameClasses } from '../train/checkpoint.ts';
import { patience } from '../train/early-stopping.ts';
import type { TrainEvent } from '../train/events.ts';
import { networkOf, type ModelDescription } from '../train/network.ts';
import { findRecipe, withOverrides, type Recipe, type RecipeOverrides } from '../train/recipe.ts';
import { fit, type TrainResult } from '../train/train.ts';
import { loadTensors } from '../weights/load.ts';
import { createNodeBackend, type NodeBackendOptions } from './backend.ts';
import { openDataFor } from './data-for-weights.ts';
import { openData, type OpenData, type OpenOptions } from './data/open.ts';
import { fitPreprocessing } from './data/statistics.ts';
import { openLoaders } from './data/training.ts';
import { prepareFor } from './prepare.ts';
import { evaluateBest, type EvaluateBestOptions, type RunEvaluation } from './report/evaluate-best.ts';
import { interruption, writeReport } from './report/write-report.ts';
import { RunFolder } from './run-folder.ts';
import type { HubOptions } from './hub/repo.ts';
import { channelsOf, saysOf, trainingPreprocessing } from './trained.ts';
import { tensorsFor, withWeightsFile, type WeightsFile } from './weights-file.ts';

export interface TrainOnOptions extends RecipeOverrides {
  /** A recipe or the name of one; the other numbers here change it. Default `quick`. */
  readonly recipe?: Recipe | string | undefined;
  /** Run folder for checkpoints and metrics; nothing is written without it. */
  readonly out?: string | undefined;
  /** Continue the run in `out` at the exact batch, with its own recipe, seed and frozen parameters. */
  readonly resume?: boolean | undefined;
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
  /** Ends the run after the step that is being done, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** Stop when validation has not improved for so many epochs. */
  readonly patience?: number | undefined;
  readonly checkpointEvery?: number | undefined;
  /**
   * Recompute activations in the backward pass instead of keeping them all: much less memory for some more time, the same
   * results. Default: false; for a run that is continued, as it was.
   */
  readonly checkpointActivations?: boolean | undefined;
  /** Everything random comes from it; weights too, if the network is given by its name. Default 0. */
  readonly seed?: number | undefined;
  /** Side of the input. Default: the pictures' own; for photos the named network's, or 224. */
  readonly imageSize?: number | undefined;
  /** Default: as `imageSize` says, with mean and standard deviation measured on the pictures. */
  readonly preprocessing?: Preprocessing | undefined;
  /** What computes; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: Backend | undefined;
  readonly threads?: number | undefined;
  /** Have matrix products done by a native library. Default: if there is one. */
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
   * asked for, if there are no pictures to evaluate on, or if the run was interrupted or diverged.
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
 * Throws a `CardinalError` if data, network and recipe do not fit together, or a file cannot be read or written.
 */
export async function trainOn(
  source: string | OpenData,
  model: Module | NamedModel,
  options: TrainOnOptions = {},
): Promise<TrainedOn> {
  const { weights, resume, head } = options;
  if (head === 'reset' && weights === undefined && resume !== true) {
    throw new UsageError("head: 'reset' is for weights: without them the classifier is fresh anyway");
  }
  // A run that is continued has its weights in its checkpoint.
  return weights === undefined || resume === true
    ? run(source, model, options)
    : withWeightsFile(weights, (file) => run(source, model, options, file), options.hub);
}

function run(
  source: string | OpenData,
  model: Module | NamedModel,
  options: TrainOnOptions,
  weights?: WeightsFile,
): Promise<TrainedOn> {
  return withEndings((endings) => work(source, model, options, endings, weights));
}

async function work(
  source: string | OpenData,
  model: Module | NamedModel,
  options: TrainOnOptions,
  endings: Endings,
  weights?: WeightsFile,
): Promise<TrainedOn> {
  const { out, signal, onEvent, checkpointEvery, checkpointActivations, head } = options;
  let folder: RunFolder | undefined;
  const openFolder = async (path: string): Promise<RunFolder> => (folder ??= await RunFolder.create(path));
  let failed = false;
  // A new run that failed leaves nothing behind but its checkpoints.
  endings.add(() => (failed && options.resume !== true ? folder?.discard() : folder?.close()));
  try {
    if (options.resume === true) folder = await RunFolder.open(required(out));
    const resume = await folder?.readCheckpoint('last');
    const recipe = resume?.training?.recipe ?? chooseRecipe(options);
    const seed = resume?.training?.seed ?? options.seed ?? 0;
    const data = await pictures(source, { seed, classes: resume?.classes }, head, weights);
    const preprocessing =
      resume?.preprocessing ?? options.preprocessing ?? (await suitable(model, data, options, weights));
    const { channels, size } = preprocessing;
    const network =
      model instanceof Module
        ? model
        : createModel(model.name, {
            ...model.options,
            numClasses: data.classes.length,
            inChannels: channels,
          }).initialize(seed);
    if (weights !== undefined) {
      await loadTensors(network, tensorsFor(network, weights), { source: weights.name, head });
    }
    if (options.freeze !== undefined) freeze(network, options.freeze);
    // A checkpoint of another network is refused where training starts, with a message that says so.
    else if (resume?.training !== undefined && resume.model.name === describe(network).name)
      freezeExactly(network, resume.training.frozen ?? []);
    const loaders = openLoaders(data, { recipe, preprocessing, seed, strict: false });
    endings.add(() => loaders.validation?.dispose());
    endings.add(() => loaders.train.dispose());
    const backend = options.backend ?? (await createNodeBackend(engineOf(options)));
    if (options.backend === undefined) endings.add(() => backend.dispose());
    const secondsBefore = resume?.training && (await folder?.rewindMetrics(resume.training.progress));
    const trainable = networkOf(network, [channels, ...size], describe(network));
    const notes: string[] = [];
    const result = await fit({
      network: trainable,
      backend,
      data: loaders,
      recipe,
      seed,
      preprocessing,
      ...(weights === undefined ? {} : { origin: saysOf(weights).origin, licence: saysOf(weights).licence }),
      store:
        out === undefined
          ? undefined
          : { save: async (kind, bytes) => (await openFolder(out)).save(kind, bytes) },
      checkpointEvery,
      checkpointActivations,
      resume,
      secondsBefore,
      signal,
      stopWhen: options.patience === undefined ? undefined : patience(options.patience),
      onEvent: async (event) => {
        if (out !== undefined && event.type !== 'checkpoint')
          await (await openFolder(out)).appendMetrics(event);
        if ((event.type === 'warning' || event.type === 'end') && event.message !== undefined)
          notes.push(event.message);
        await onEvent?.(event);
      },
    });
    const trained = { ...result, model: network, classes: data.classes, preprocessing, data };
    if (result.reason === 'not-finite') return trained;
    const run = { network: trainable, data, backend, recipe, preprocessing, seed };
    const evaluated =
      result.reason === 'interrupted' || options.evaluate === false
        ? undefined
        : await evaluateTrained(run, result, folder, signal);
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
    failed = true;
    throw error;
  }
}

/** Evaluates the best weights of the run folder, or those that the network got if there is none. */
async function evaluateTrained(
  {
    recipe,
    ...run
  }: Omit<EvaluateBestOptions, 'state' | 'batchSize' | 'strict'> & { readonly recipe: Recipe },
  { state }: TrainResult,
  folder: RunFolder | undefined,
  signal: AbortSignal | undefined,
): Promise<RunEvaluation | undefined> {
  const weights = folder === undefined ? state : (await folder.readCheckpoint('best')).state;
  if (weights === undefined) return undefined;
  return evaluateBest({ ...run, state: weights, batchSize: recipe.batchSize, strict: false, signal });
}

/** The pictures, with the classes that a classifier which is kept has, in their order. */
async function pictures(
  source: string | OpenData,
  { seed, classes }: Pick<OpenOptions, 'seed' | 'classes'>,
  head: 'keep' | 'reset' = 'keep',
  weights?: WeightsFile,
): Promise<OpenData> {
  if (typeof source === 'string') {
    return weights === undefined
      ? openData(source, { seed, classes })
      : openDataFor(weights, head, source, { seed });
  }
  const known = weights && saysOf(weights).classes;
  if (weights && known && head === 'keep')
    requireSameClasses({ classes: known }, source.classes, weights.name);
  return source;
}

/** A network of the registry; classes and channels come from the data. */
export interface NamedModel {
  readonly name: string;
  readonly options?: GivenOptions;
}

function chooseRecipe(options: TrainOnOptions): Recipe {
  const { recipe = 'quick', epochs, batchSize, learningRate, weightDecay, labelSmoothing, ...more } = options;
  const { clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation } = more;
  return withOverrides(typeof recipe === 'string' ? findRecipe(recipe) : recipe, {
    ...{ epochs, batchSize, learningRate, weightDecay, labelSmoothing },
    ...{ clipNorm, accumulate, ema, mixup, cutmix, momentum, decayNorms, augmentation },
  });
}

/** What a checkpoint calls the network: the registry's name and options, or the class's name. */
function describe(model: Module): ModelDescription {
  const { name, options } = modelOrigin(model) ?? { name: model.displayName ?? model.typeName, options: {} };
  return { name, options: validate(jsonObject, options, `options of ${name}`) };
}

/** The preprocessing of the weights that training begins with, a guess with a warning; else what suits the pictures. */
async function suitable(
  model: Module | NamedModel,
  data: OpenData,
  { imageSize, onEvent }: TrainOnOptions,
  weights: WeightsFile | undefined,
): Promise<Preprocessing> {
  const side = imageSize ?? designedSize(model, data);
  if (weights === undefined) return fitPreprocessing(data, { imageSize: side });
  const description = { name: model instanceof Module ? model.typeName : model.name, options: {} };
  const known = {
    preprocessing: trainingPreprocessing(weights),
    channels: channelsOf(weights),
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

function required(out: string | undefined): string {
  if (out === undefined) throw new UsageError('to continue a run, name its folder with out');
  return out;
}

function engineOf({ threads, blas }: TrainOnOptions): Pick<NodeBackendOptions, 'threads' | 'blas'> {
  return { ...(threads === undefined ? {} : { threads }), ...(blas === undefined ? {} : { blas }) };
}
