import { checkKind, having, record, text } from '../base/options.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { JsonObject } from '../base/validate.ts';
import { frozenParameters } from '../nn/freeze.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { planInference } from '../plan/plan-inference.ts';
import type { Plan } from '../plan/plan.ts';
import { planTraining, type TrainingPlanOptions } from '../plan/plan-training.ts';
import type { Target } from '../plan/target.ts';

/** What it takes to build a model again: its name in the registry and its options. */
export interface ModelDescription {
  readonly name: string;
  readonly options: JsonObject;
}

/** What training and evaluation need of a model: its tensors, and programs for a batch size. */
export interface Network {
  readonly description: ModelDescription;
  /** One picture, [C, H, W]. */
  readonly input: readonly number[];
  /** The current weights under PyTorch's names; may be the network's own arrays. */
  stateDict(): StateDict;
  /** Paths of the parameters that training leaves as they are. */
  frozen(): readonly string[];
  /** Copies weights in. */
  loadStateDict(state: StateDict): void;
  planTraining(batchSize: number, target: Target, options: Omit<TrainingPlanOptions, 'name'>): Plan;
  planInference(batchSize: number, target: Target): Plan;
}

/** What `networkOf` gives. */
export const networkKind = having('a network, as networkOf gives it', 'stateDict', 'frozen');

/** Prepares a model for `train` and `evaluate`, for pictures of one size H×W. `description` is kept in checkpoints. */
export function networkOf(model: Module, input: readonly number[], description: ModelDescription): Network {
  checkModule('networkOf', 'the network', model);
  sizes('networkOf', 'the input', input, '[C, H, W]');
  checkKind('networkOf', 'the description', description, {
    expected: '{ name, options }, as the registry has them',
    is: (value) => record.is(value) && text.is(Reflect.get(Object(value), 'name')),
  });
  const { name } = description;
  return {
    description,
    input,
    stateDict: () => model.stateDict(),
    frozen: () => frozenParameters(model),
    loadStateDict: (state) => {
      model.loadStateDict(state);
    },
    planTraining: (batchSize, target, options) =>
      planTraining(trace(model, [batchSize, ...input], { training: true }), target, { name, ...options }),
    planInference: (batchSize, target) =>
      planInference(trace(model, [batchSize, ...input], { training: false }), target, { name }),
  };
}
