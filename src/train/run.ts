import * as z from 'zod/mini';
import type { Backend, Program } from '../backends/backend.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { checkKind, having, record } from '../base/options.ts';
import type { StateDict, TensorData } from '../base/tensor-data.ts';
import { validate } from '../base/validate.ts';
import type { Batch, BatchLoader } from '../data/dataset.ts';
import { pictureRecordSchema, type PictureRecord } from '../data/picture-record.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { backendKind } from '../session/arguments.ts';
import { writeWeights } from '../session/state.ts';
import {
  buildCheckpoint,
  requireSameClasses,
  requireSameFrozen,
  requireSameModel,
  type Checkpoint,
  type Unfrozen,
} from './checkpoint.ts';
import { classWeights, sumOfWeights, weighTargets } from './class-weights.ts';
import {
  changedConditions,
  conditionsOf,
  continuedConditions,
  type Conditions,
  type PlatformConditions,
} from './conditions.ts';
import type { StopRule } from './early-stopping.ts';
import { evaluateTogether, prepareInference } from './evaluate.ts';
import type { StartEvent, UnfrozenEvent } from './events.ts';
import type { Evaluation } from './metrics.ts';
import { elementsIn, fitPlan, rowsOfPlan, type FitPlanOptions, type FittedPlan } from './micro-batches.ts';
import { networkKind, type Network } from './network.ts';
import { epochRecordSchema, freshProgress, freshSums, type EpochRecord, type Progress } from './progress.ts';
import type { TrainingRanks } from './ranks.ts';
import { withLoss, type OwnLoss } from './loss.ts';
import type { Recipe } from './recipe.ts';
import { learned } from './standardize.ts';
import type { CheckpointStore } from './store.ts';
import { rankOf, taskOf } from './task-tally.ts';
import { TrainingProgram, type Tensors } from './training-program.ts';
import { fitPart, unfreeze } from './unfreeze.ts';

export interface LoopOptions {
  /** Gets the trained weights at the end: those that were validated. What is frozen in it stays as it is. */
  readonly network: Network;
  readonly backend: Backend;
  /** Training batches, always full, and validation pictures if there are any. Whoever made them disposes of them. */
  readonly data: { readonly train: BatchLoader; readonly validation?: BatchLoader | undefined };
  /** May be left out for a run that is continued: then the run's own. Only its `epochs` may be others (`continuedRecipe`). */
  readonly recipe?: Recipe | undefined;
  /** Everything random comes from it. Default 0; a run that is continued has its own. */
  readonly seed?: number | undefined;
  /** How pictures become inputs; kept in checkpoints. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Which pictures are trained on, and before them those that the weights to begin with were; kept in checkpoints. */
  readonly pictures?: readonly PictureRecord[] | undefined;
  /** What only the platform knows of what the numbers depend on; kept in checkpoints. */
  readonly conditions?: PlatformConditions | undefined;
  /** Where the weights that training begins with come from, and their licence; kept in checkpoints. */
  readonly origin?: string | undefined;
  readonly licence?: string | undefined;
  /** Where checkpoints go; without it none are made. Of several ranks all have one, and each but the first one's writes nothing. */
  readonly store?: CheckpointStore | undefined;
  /**
   * The ranks that do the run together, each with a backend of its rank, and loaders of its share: then `fitted` is needed. All get the
   * same options but for these, `signal` and `store`.
   */
  readonly ranks?: TrainingRanks | undefined;
  /** The program, where it was planned before, as the share of a loader needs it. Default: planned as the recipe wants it. */
  readonly fitted?: FittedPlan | undefined;
  /** Optimiser steps between checkpoints, beside the one after each epoch. */
  readonly checkpointEvery?: number | undefined;
  /**
   * Minutes between checkpoints, beside these, from the end of one to the next; fewer where saving would take more than a twentieth of
   * the time. Default 5; 0: none by the clock.
   */
  readonly checkpointMinutes?: number | undefined;
  /** Continue from here, at the exact batch. */
  readonly resume?: Checkpoint | undefined;
  /**
   * What the epochs of the run to continue came to, as its `TrainResult.history` or its epoch events have it. A
   * checkpoint does not hold it; without it `stopWhen` and the result know only the epochs since then, which a
   * `warning` event reports.
   */
  readonly history?: readonly EpochRecord[] | undefined;
  /** Seconds that the run took before it is continued, for the times that are reported; a checkpoint does not have it. */
  readonly secondsBefore?: number | undefined;
  /**
   * Ends the run with a checkpoint, as soon as the micro-batch that is being computed is over: the step that it belongs to is given
   * up, and done again if the run goes on.
   */
  readonly signal?: AbortSignal | undefined;
  /** Asked after each epoch whether to end, e.g. `patience(5)`. */
  readonly stopWhen?: StopRule | undefined;
  /**
   * Keep only some activations for the backward pass and compute the others again when it needs them (`TrainingPlanOptions` of the
   * plan): less memory, more time, the same numbers. Default: as the run that is continued had it, else false.
   */
  readonly checkpointActivations?: boolean | undefined;
  /** Where ranks train together: batch norms take the statistics of all their pictures, not of each rank's own. Default true. */
  readonly syncBatchNorm?: boolean | undefined;
  /** The function that a recipe with the loss `{ kind: 'own', name }` is of. */
  readonly loss?: OwnLoss | undefined;
  /** Bytes that the training program may take, if less than the backend's. */
  readonly memoryLimit?: number | undefined;
  /** The clock, in milliseconds. Default: the machine's. */
  readonly now?: (() => number) | undefined;
}

const loaderKind = having('a loader', 'epoch', 'dispose');

/** A NaN or infinite value: the run ends, and none of it is kept. */
export class NotFinite extends Error {}

/** The parts of a run, checked against each other and loaded; `train.ts` moves them. */
export class Run {
  readonly options: LoopOptions;
  readonly recipe: Recipe;
  readonly seed: number;
  program: TrainingProgram;
  fitted: FittedPlan;
  /** Parameters that were frozen when the program was planned. */
  frozen: readonly string[];
  /** What was frozen before. */
  unfrozen: Unfrozen | undefined;
  readonly progress: Progress;
  /** What the epochs came to that are done, as far as it is known. */
  readonly history: EpochRecord[];
  /** What the last of them came to in validation. */
  #lastValidation: EpochRecord['validation'];
  readonly #validation: Program | undefined;
  /** What the steps of a run that is continued depend on, and what those to come do. */
  readonly #before: readonly Conditions[];
  readonly #now: Conditions;
  #classWeights: Float64Array | undefined;

  private constructor(
    options: LoopOptions,
    parts: Pick<Run, 'recipe' | 'seed' | 'program' | 'fitted' | 'frozen' | 'progress' | 'history'>,
    validation: Program | undefined,
  ) {
    this.options = options;
    this.recipe = parts.recipe;
    this.seed = parts.seed;
    this.program = parts.program;
    this.fitted = parts.fitted;
    this.frozen = parts.frozen;
    this.unfrozen = options.resume?.training?.unfrozen;
    this.progress = parts.progress;
    this.history = parts.history;
    this.#lastValidation = options.resume?.trained?.validation;
    this.#validation = validation;
    this.#before = options.resume?.training?.conditions ?? [];
    const { ranks, syncBatchNorm = true } = options;
    this.#now = conditionsOf(
      options.backend,
      options.conditions ?? {},
      parts.progress.step,
      ranks && { ranks: ranks.size, syncBatchNorm },
    );
  }

  /** Plans and loads the programs. Throws a `CardinalError` if data, network, recipe and checkpoint do not fit together. */
  static async start(options: LoopOptions): Promise<Run> {
    checkKind('train', 'the options', options, {
      ...record,
      expected: '{ network, backend, data, recipe, … }',
    });
    const { network, backend, data, resume } = options;
    checkKind('train', 'network', network, networkKind);
    checkKind('train', 'backend', backend, backendKind);
    checkKind('train', 'data', data, {
      expected: '{ train, validation }, loaders as createLoader gives them',
      is: (value) => record.is(value) && loaderKind.is(Reflect.get(Object(value) as object, 'train')),
    });
    const own = resume?.training?.recipe;
    const chosen =
      own === undefined
        ? options.recipe
        : (await import('./continue.ts')).continuedRecipe(
            own,
            { recipe: options.recipe },
            'the run to continue',
          );
    if (chosen === undefined) throw new CardinalError('training needs a recipe, or a checkpoint to continue');
    const recipe = withLoss(chosen, data.train.dataset);
    const seed = resume?.training?.seed ?? options.seed ?? 0;
    if (options.seed !== undefined && options.seed !== seed) {
      throw new UsageError(`the run to continue has seed ${seed}, not ${options.seed}: leave the seed out`);
    }
    checkData(recipe, data.train, options.fitted);
    const fitted = options.fitted ?? fitFor({ ...options, recipe });
    const frozen = network.frozen();
    // Weights are drawn when they are first asked for: not before it is known that they fit.
    const initial = network.stateDict();
    if (resume !== undefined) checkResume(resume, options, initial, frozen);
    checkClasses(fitted, data.train);
    const loaded = await backend.load(fitted.plan);
    try {
      const program = new TrainingProgram(loaded, recipe, fitted.microBatchSize, seed, initial);
      if (resume?.training !== undefined)
        await program.restore({ state: resume.state, ...resume.training }, 'checkpoint');
      const validation =
        data.validation === undefined
          ? undefined
          : await prepareInference(network, backend, data.validation.batchSize, initial);
      const { history: listed, ...progress } =
        resume?.training === undefined ? freshProgress() : structuredClone(resume.training.progress);
      const history = historyOf(options.history ?? listed ?? [], progress);
      return new Run(options, { recipe, seed, program, fitted, frozen, progress, history }, validation);
    } catch (error) {
      await loaded.dispose();
      throw error;
    }
  }

  get stepsPerEpoch(): number {
    return this.options.data.train.batchesPerEpoch;
  }

  /** What differs from the conditions under which the run was begun, in a line each. */
  changes(): string[] {
    // A run that is over is only evaluated.
    return this.progress.epoch >= this.recipe.epochs ? [] : changedConditions(this.#before, this.#now);
  }

  startEvent(): StartEvent {
    const { network, backend, data } = this.options;
    const { plan } = this.fitted;
    const { peakBytes, keepingAllBytes } = plan;
    return {
      type: 'start',
      model: network.description.name,
      parameters: elementsIn(plan, 'parameter'),
      trainableParameters: elementsIn(plan, 'gradient'),
      trainSamples: data.train.dataset.length,
      validationSamples: data.validation?.dataset.length ?? 0,
      classes: data.train.dataset.classes,
      ...taskOf(data.train.dataset),
      epochs: this.recipe.epochs,
      stepsPerEpoch: this.stepsPerEpoch,
      batchSize: this.recipe.batchSize,
      microBatchSize: this.fitted.microBatchSize,
      programBytes: peakBytes,
      ...(keepingAllBytes === undefined ? {} : { keepingAllBytes }),
      backend: backend.name,
      engine: backend.description,
      resumedSteps: this.progress.step,
    };
  }

  /**
   * Copies of all that steps change. Throws `NotFinite` if any value is NaN or infinite, and where ranks train together a `CardinalError`
   * if they do not have the same bits.
   */
  async snapshot(): Promise<Tensors> {
    const tensors = await this.program.snapshot();
    for (const dict of [tensors.state, tensors.optimizer, tensors.ema]) {
      for (const [name, tensor] of dict) {
        if (!isFinite(tensor)) throw new NotFinite(`'${name}' holds numbers that are not finite`);
      }
    }
    const { ranks } = this.options;
    if (ranks !== undefined) {
      const { requireSameWeights } = await import('./same-weights.ts');
      await requireSameWeights(ranks, tensors, this.progress.step);
    }
    return tensors;
  }

  /** Trains what was frozen as well from here on, if the recipe says so. */
  async unfreezeIfDue(): Promise<UnfrozenEvent | undefined> {
    const { recipe, progress } = this;
    const isDue = recipe.unfreezeAt !== undefined && progress.epoch >= recipe.unfreezeAt - 1;
    return isDue && this.unfrozen === undefined ? unfreeze(this, fitOptions(this.options)) : undefined;
  }

  /** A training batch as the recipe wants it: with classes weighed, if the loss balances them, or numbers standardised. */
  async weighed(batch: Batch): Promise<Batch> {
    const { balance, labelSmoothing: smoothing, mix, batchSize } = this.recipe;
    if (balance !== 'loss') return learned(batch, this.recipe);
    const { data, ranks } = this.options;
    this.#classWeights ??= classWeights(data.train.dataset);
    const weights = this.#classWeights;
    const mixed = mix !== undefined && (mix.mixup > 0 || mix.cutmix > 0);
    let whole: { readonly size: number; readonly total: number } | undefined;
    if (ranks !== undefined && !mixed) {
      const [total] = await ranks.sum([sumOfWeights(batch.labels, weights)], 'a batch');
      whole = { size: batchSize, total };
    }
    return { ...batch, target: weighTargets(batch, weights, { smoothing, mixed, whole }) };
  }

  /** Pictures of a batch that the training loader gives: all, or this rank's. */
  get rowsPerBatch(): number {
    return rowsOfPlan(this.fitted, this.recipe.batchSize);
  }

  /** Evaluates the weights on the validation pictures, if there are any. */
  async validate(tensors: Tensors): Promise<Evaluation | undefined> {
    const { data, signal, ranks } = this.options;
    if (this.#validation === undefined || data.validation === undefined) return undefined;
    await writeWeights(this.#validation, this.program.averaged(tensors));
    const evaluation = await evaluateTogether(this.#validation, data.validation, { signal, ranks });
    if (!Number.isFinite(evaluation.loss)) throw new NotFinite('the validation loss is not finite');
    return evaluation;
  }

  /** Goes on to the next epoch. */
  finishEpoch(record: EpochRecord): void {
    const { progress } = this;
    this.history.push(record);
    this.#lastValidation = record.validation;
    progress.epoch++;
    progress.batch = 0;
    progress.sums = freshSums();
    if (record.best && record.validation !== undefined) {
      const { validation, epoch } = record;
      progress.best = {
        epoch,
        top1: validation.top1,
        ...(validation.scores && { score: rankOf(validation) }),
      };
    }
  }

  /** The bytes of `last.safetensors`: everything. */
  lastCheckpoint(tensors: Tensors): Promise<Uint8Array> {
    return buildCheckpoint({
      ...this.#common(),
      state: tensors.state,
      training: {
        recipe: this.recipe,
        seed: this.seed,
        trainSamples: this.options.data.train.dataset.length,
        microBatchSize: this.fitted.microBatchSize,
        ...(this.frozen.length === 0 ? {} : { frozen: [...this.frozen] }),
        unfrozen: this.unfrozen,
        ...(this.fitted.plan.keepingAllBytes === undefined ? {} : { checkpointActivations: true }),
        conditions: continuedConditions(this.#before, this.#now),
        progress: this.progress,
        optimizer: tensors.optimizer,
        ema: tensors.ema,
      },
    });
  }

  /** The bytes of `best.safetensors`: the weights to use. */
  bestCheckpoint(tensors: Tensors): Promise<Uint8Array> {
    return buildCheckpoint({ ...this.#common(), state: this.program.averaged(tensors) });
  }

  async dispose(): Promise<void> {
    await Promise.all([this.program.dispose(), this.#validation?.dispose()]);
  }

  #common(): Omit<Checkpoint, 'state' | 'training'> {
    const { network, data, preprocessing, pictures, origin, licence, resume } = this.options;
    const { epoch, step } = this.progress;
    return {
      model: network.description,
      input: network.input,
      classes: data.train.dataset.classes,
      ...taskOf(data.train.dataset),
      preprocessing: preprocessing ?? resume?.preprocessing,
      trained: { epochs: epoch, steps: step, validation: this.#lastValidation },
      pictures: picturesSeen(resume?.pictures, pictures),
      recipe: this.recipe,
      origin: origin ?? resume?.origin,
      licence: licence ?? resume?.licence,
    };
  }
}

/** Which pictures a run has seen, those of now first. Some of them may have been replaced since it began. */
function picturesSeen(
  known: readonly PictureRecord[] | undefined,
  now: readonly PictureRecord[] | undefined,
): readonly PictureRecord[] | undefined {
  if (known === undefined || now === undefined || now.length === 0) return known ?? now;
  const [first] = now;
  return JSON.stringify(pictureRecordSchema.parse(first)) === JSON.stringify(known.at(0))
    ? known
    : [first, ...known];
}

/** The history of a run that is continued, checked: plain JavaScript may give anything, and no epoch that is still to be done. */
function historyOf(given: readonly EpochRecord[], { epoch }: Progress): EpochRecord[] {
  const history = validate(z.array(epochRecordSchema), given, 'history');
  const wrong = history.find(
    (record, index) => record.epoch >= epoch || (index > 0 && record.epoch <= history[index - 1].epoch),
  );
  if (wrong === undefined) return history;
  throw new UsageError(
    `history: expected the ${epoch} epochs that the run to continue has done, one after the other from 0, got epoch ${wrong.epoch} where none such may be`,
  );
}

/** The plan of a run, for its ranks if it has some. Throws as `fitPlan` does. */
export function fitFor(
  options: FitOptions & Pick<LoopOptions, 'network' | 'backend'> & { readonly recipe: Recipe },
): FittedPlan {
  const { network, backend, recipe, resume } = options;
  const fit = fitOptions(options);
  return recipe.unfreezeAt === undefined
    ? fitPlan(network, backend, recipe, fit)
    : fitPart(network, backend, recipe, fit, resume?.training);
}

type FitOptions = Pick<
  LoopOptions,
  'resume' | 'ranks' | 'syncBatchNorm' | 'memoryLimit' | 'checkpointActivations' | 'loss'
>;

function fitOptions({
  resume,
  ranks,
  syncBatchNorm,
  memoryLimit,
  checkpointActivations,
  loss,
}: FitOptions): FitPlanOptions {
  return {
    memoryLimit,
    resumedSize: resume?.training?.microBatchSize,
    checkpointActivations: checkpointActivations ?? resume?.training?.checkpointActivations ?? false,
    ranks: ranks && { rank: ranks.rank, size: ranks.size },
    syncBatchNorm,
    loss,
  };
}

function checkData(recipe: Recipe, loader: BatchLoader, fitted: FittedPlan | undefined): void {
  const { name, length } = loader.dataset;
  const rows = fitted === undefined ? recipe.batchSize : rowsOfPlan(fitted, recipe.batchSize);
  if (loader.batchSize !== rows) {
    throw new CardinalError(
      `the training loader gives batches of ${loader.batchSize}, the recipe wants ${rows}`,
    );
  }
  if (loader.batchesPerEpoch === 0) {
    throw new CardinalError(
      `${name} has ${length} training pictures, fewer than one batch of ${recipe.batchSize}: use a smaller batch`,
    );
  }
}

function checkClasses({ plan }: FittedPlan, { dataset }: BatchLoader): void {
  const outputs = plan.buffers.find(({ name }) => name === 'logits')?.shape[1];
  if (outputs !== dataset.classes.length) {
    throw new CardinalError(
      `${plan.name} has ${outputs ?? 'no'} classes, but ${dataset.name} has ${dataset.classes.length}: set the model's number of classes`,
    );
  }
}

function checkResume(
  resume: Checkpoint,
  { network, data, pictures }: LoopOptions,
  state: StateDict,
  frozen: readonly string[],
): void {
  const source = 'the checkpoint to continue';
  if (resume.training === undefined) {
    throw new CardinalError(`${source} holds only weights: continue from last.safetensors`);
  }
  requireSameModel(resume, network.description, state, source);
  requireSameClasses(resume, data.train.dataset.classes, source);
  requireSameFrozen(resume.training, frozen, source);
  const { trainSamples } = resume.training;
  if (trainSamples !== data.train.dataset.length) {
    throw new CardinalError(
      `${source} was trained on ${trainSamples} pictures, ${data.train.dataset.name} now has ${data.train.dataset.length}: the data has changed`,
    );
  }
  const [known, now] = [resume.pictures?.at(0), pictures?.at(0)];
  if (known !== undefined && now !== undefined && known.fingerprint !== now.fingerprint) {
    throw new CardinalError(
      `${source} was trained on other pictures than ${data.train.dataset.name} has now, by their names: the data has changed`,
    );
  }
}

function isFinite({ dtype, data }: TensorData): boolean {
  return dtype === 'I64' || data.every(Number.isFinite);
}
