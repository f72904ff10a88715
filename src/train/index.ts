/**
 * Training, evaluation, recipes and checkpoints, on any device and with any source of batches. `trainOn` of
 * `cardinal-nn/node` does it all.
 */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export { parseCheckpoint, type Checkpoint, type TrainingState } from './checkpoint.ts';
export type { Conditions, PlatformConditions } from './conditions.ts';
export type { Description } from './description.ts';
export { patience, type StopRule } from './early-stopping.ts';
export { evaluate, prepareInference, type EvaluateOptions } from './evaluate.ts';
export { topGuesses, type Guess } from './guess.ts';
export type { EndEvent, EpochEvent, StartEvent, StepEvent, TrainEvent } from './events.ts';
export type { Evaluation } from './metrics.ts';
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
export { learningRateAt, type Schedule } from './schedule.ts';
export type { CheckpointKind, CheckpointStore } from './store.ts';
export { fit, train, type LoopOptions, type TrainResult } from './train.ts';
