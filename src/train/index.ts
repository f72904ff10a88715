/**
 * Training, evaluation, recipes and checkpoints, on any device and with any source of batches. `trainOn` of
 * `cardinal-nn/node` does it all.
 */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export { calibrate, type Calibration } from './calibrate.ts';
export { parseCheckpoint, type Checkpoint, type TrainingState } from './checkpoint.ts';
export type { Conditions, PlatformConditions } from './conditions.ts';
export type { Description } from './description.ts';
export { patience, type StopRule } from './early-stopping.ts';
export { evaluate, prepareInference, type EvaluateOptions } from './evaluate.ts';
export { topGuesses, type Guess } from './guess.ts';
export type { EndEvent, EpochEvent, StartEvent, StepEvent, TrainEvent } from './events.ts';
export type { AskedLoss, Loss } from './loss.ts';
export type { Evaluation, LabelScores, NumberErrors, NumberScores, TaskScores } from './metrics.ts';
export { findMislabels, probabilitiesOf, type Mislabel, type Mislabels } from './mislabels.ts';
export { networkOf, type ModelDescription, type Network } from './network.ts';
export type { OptimizerSpec } from './optimizer.ts';
export type { EpochRecord, Progress } from './progress.ts';
export {
  findRecipe,
  recipes,
  recipeSchema,
  withOverrides,
  type Recipe,
  type RecipeOverrides,
} from './recipe.ts';
export { reliabilityOf, type Reliability, type ReliabilityBin } from './reliability.ts';
export { learningRateAt, type Schedule } from './schedule.ts';
export type { CheckpointKind, CheckpointStore } from './store.ts';
export { fit, train, type LoopOptions, type TrainResult } from './train.ts';
