import { CardinalError, UsageError } from '../base/errors.ts';
import { createModel } from '../models/registry.ts';
import { countModel, type ModelCount } from '../cost/count-model.ts';
import type { Module } from '../nn/module.ts';
import { withOverrides } from '../train/recipe.ts';
import type { Arm, CostRule, Pictures, Scale, Setting, Study, TrainingSetting } from './study.ts';

/** An arm with what it costs. */
export interface PlannedArm {
  readonly arm: Arm;
  /** Counted for one picture of `inputShape`. */
  readonly cost: ModelCount;
}

/** One training or timing. */
export interface PlannedRun {
  /** Names its folder. */
  readonly id: string;
  readonly arm: Arm;
  readonly seed: number;
}

export interface StudyPlan {
  readonly study: Study;
  readonly scale: Scale;
  readonly setting: Setting;
  readonly seeds: number;
  readonly arms: readonly PlannedArm[];
  /** Every arm with the first seed, then every arm with the second: what is cut short is a whole comparison still. */
  readonly runs: readonly PlannedRun[];
  /** What is trained on; absent if nothing is. */
  readonly workload?: Workload;
}

/** How much there is to compute in a training. */
export interface Workload {
  readonly trainPictures: number;
  readonly curvePictures: number;
  readonly testPictures: number;
  readonly classes: number;
  /** C×H×W, as networks see a picture. */
  readonly inputShape: readonly [number, number, number];
}

/** What is known of the pictures that are there. */
export interface PicturesAtHand extends Pick<Pictures, 'train' | 'test' | 'classes'> {
  /** Side of a picture that networks see, where the setting has no other. */
  readonly size: number;
}

/**
 * What a study would do at a scale: every run, every arm's cost. Nothing is allocated. `pictures` are those at hand; without
 * them those that the setting is for are planned with.
 */
export function planStudy(
  study: Study,
  options: {
    readonly scale: Scale;
    readonly seeds?: number | undefined;
    readonly pictures?: PicturesAtHand | undefined;
    /** Other lengths than the scale's. */
    readonly length?: Length | undefined;
  },
): StudyPlan {
  const { scale, pictures, length } = options;
  const setting = withLength(study.setting(scale), length);
  const seeds = study.task === 'count' ? 0 : (options.seeds ?? setting.seeds);
  const workload = setting.training && workloadOf(setting.training, pictures);
  if (workload !== undefined) requireOneBatch(study, setting.training, workload);
  const arms = setting.arms.map((arm) => ({ arm, cost: costOfArm(arm, workload) }));
  const runs = Array.from({ length: seeds }, (_, seed) =>
    setting.arms.map((arm) => ({ id: `${arm.id}-seed${seed}`, arm, seed })),
  ).flat();
  return { study, scale, setting, seeds, arms, runs, ...(workload === undefined ? {} : { workload }) };
}

/** How long a training is, where it is not the scale's. */
export interface Length {
  readonly epochs?: number | undefined;
  readonly trainPictures?: number | undefined;
}

/** The setting with trainings of another length; the schedule of the learning rate keeps its shape. */
export function withLength(setting: Setting, { epochs, trainPictures }: Length = {}): Setting {
  const { training } = setting;
  if (training === undefined) return setting;
  const recipe = withOverrides(training.recipe, { epochs });
  return {
    ...setting,
    training: { ...training, recipe, ...(trainPictures === undefined ? {} : { trainPictures }) },
  };
}

function workloadOf(
  { trainPictures, curvePictures, imageSize, pictures: meant }: TrainingSetting,
  pictures: PicturesAtHand = meant,
): Workload {
  const side = imageSize ?? pictures.size;
  return {
    trainPictures: Math.min(trainPictures ?? Infinity, pictures.train),
    curvePictures: Math.min(curvePictures ?? Infinity, pictures.test),
    testPictures: pictures.test,
    classes: pictures.classes,
    // Grey pictures are repeated to RGB: with another stem, costs that should agree would not.
    inputShape: [3, side, side],
  };
}

/** A study has its own batches, so that its runs can be compared: more pictures are the only way. */
function requireOneBatch(
  { name }: Study,
  training: TrainingSetting | undefined,
  { trainPictures }: Workload,
): void {
  const batchSize = training?.recipe.batchSize ?? 0;
  if (trainPictures >= batchSize) return;
  throw new UsageError(
    `study ${name}: expected at least one batch of ${batchSize} training pictures, got ${trainPictures}: ` +
      (training?.trainPictures === trainPictures
        ? `give \`pictures: ${batchSize}\` or more`
        : 'choose other `data`'),
  );
}

/** The module of an arm, with as many classes and channels as the pictures have. */
export function buildArm({ network }: Arm, workload?: Pick<Workload, 'classes' | 'inputShape'>): Module {
  if ('build' in network) return network.build();
  const fitted =
    workload === undefined ? {} : { numClasses: workload.classes, inChannels: workload.inputShape[0] };
  return createModel(network.name, { ...network.options, ...fitted });
}

function costOfArm(arm: Arm, workload: Workload | undefined): ModelCount {
  const { network } = arm;
  if ('build' in network) return countModel(network.build(), network.input);
  return workload === undefined
    ? countModel(network.name, undefined, network.options)
    : countModel(buildArm(arm, workload), workload.inputShape);
}

/** How far an arm's cost is from its rule's, as a share: 0.02 is 2 % above. */
export interface CostDeviation {
  readonly arm: string;
  readonly rule: CostRule;
  readonly deviation: number;
}

/** The costs that a study's arms are to have, against those they have. */
export function costDeviations({ setting, arms }: Pick<StudyPlan, 'setting' | 'arms'>): CostDeviation[] {
  const costOf = ({ unit }: CostRule, id: string): number => {
    const cost = arms.find(({ arm }) => arm.id === id)?.cost;
    if (cost === undefined) throw new CardinalError(`a cost rule names the arm ${id}, which is not there`);
    return unit === 'macs' ? cost.macs : cost.params;
  };
  return setting.costs.flatMap((rule) =>
    Object.entries(rule.times).map(([arm, times]) => ({
      arm,
      rule,
      deviation: costOf(rule, arm) / (times * costOf(rule, rule.reference)) - 1,
    })),
  );
}

/** What computing takes, measured: seconds for one picture. */
export interface StepTime {
  /** Forward, backward and update. */
  readonly train: number;
  readonly forward: number;
}

/** Seconds that a training run will take. */
export function secondsOfRun(
  { workload, setting: { training } }: Pick<StudyPlan, 'workload' | 'setting'>,
  { train, forward }: StepTime,
): number {
  if (workload === undefined || training === undefined) return 0;
  const { epochs, batchSize } = training.recipe;
  const trained = Math.floor(workload.trainPictures / batchSize) * batchSize;
  const evaluated = epochs * workload.curvePictures + workload.testPictures;
  return epochs * trained * train + evaluated * forward;
}
