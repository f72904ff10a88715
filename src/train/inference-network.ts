import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { checkKind, having, record, text } from '../base/options.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { JsonObject } from '../base/validate.ts';
import { planInference } from '../plan/plan-inference.ts';
import type { Plan } from '../plan/plan.ts';
import type { Target } from '../plan/target.ts';

/** What it takes to build a model again: its name in the registry and its options. */
export interface ModelDescription {
  readonly name: string;
  readonly options: JsonObject;
}

/** What evaluation and prediction need of a model: its tensors, and programs for a batch size. */
export interface InferenceNetwork {
  readonly description: ModelDescription;
  /** One picture, [C, H, W]. */
  readonly input: readonly number[];
  /** The current weights under PyTorch's names; may be the network's own arrays. */
  stateDict(): StateDict;
  planInference(batchSize: number, target: Target): Plan;
}

/** What `networkOf` gives, and less of it. */
export const inferenceNetworkKind = having('a network, as networkOf gives it', 'stateDict', 'planInference');

/** A model for pictures of one size H×W, without what training needs. */
export function inferenceNetworkOf(
  model: Module,
  input: readonly number[],
  description: ModelDescription,
): InferenceNetwork {
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
    planInference: (batchSize, target) =>
      planInference(trace(model, [batchSize, ...input], { training: false }), target, { name }),
  };
}
