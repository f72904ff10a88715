import { having } from '../base/options.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { freezeExactly, frozenParameters } from '../nn/freeze.ts';
import type { AnyModule } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import type { Plan } from '../plan/plan.ts';
import { planTraining, type TrainingPlanOptions } from '../plan/plan-training.ts';
import type { Target } from '../plan/target.ts';
import { inferenceNetworkOf, type InferenceNetwork, type ModelDescription } from './inference-network.ts';

export type { ModelDescription };

/** What training and evaluation need of a model: its tensors, and programs for a batch size. */
export interface Network extends InferenceNetwork {
  /** Paths of the parameters that training leaves as they are. */
  frozen(): readonly string[];
  /** Freezes the parameters at these paths, and no others. */
  freezeExactly(paths: readonly string[]): void;
  /** Copies weights in. */
  loadStateDict(state: StateDict): void;
  /** `trained` is the shape of training pictures, where it is not `input`. */
  planTraining(
    batchSize: number,
    target: Target,
    options: Omit<TrainingPlanOptions, 'name'>,
    trained?: readonly number[],
  ): Plan;
}

/** What `networkOf` gives. */
export const networkKind = having('a network, as networkOf gives it', 'stateDict', 'frozen');

/** Prepares a model for `train` and `evaluate`, for pictures of one size H×W. `description` is kept in checkpoints. */
export function networkOf(
  model: AnyModule,
  input: readonly number[],
  description: ModelDescription,
): Network {
  const network = inferenceNetworkOf(model, input, description);
  const { name } = description;
  return {
    ...network,
    frozen: () => frozenParameters(model),
    freezeExactly: (paths) => {
      freezeExactly(model, paths);
    },
    loadStateDict: (state) => {
      model.loadStateDict(state);
    },
    planTraining: (batchSize, target, options, trained = input) =>
      planTraining(trace(model, [batchSize, ...trained], { training: true }), target, { name, ...options }),
  };
}
