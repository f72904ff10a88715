import { sizes } from '../nn/arguments.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { trace, type Trace } from '../nn/trace.ts';
import { checkKind, having, record, text } from '../base/options.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { JsonObject } from '../base/validate.ts';
import { forEachSize } from '../plan/batch-sizes.ts';
import { planInference, type InferencePlanOptions } from '../plan/plan-inference.ts';
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
  /** `batchSizes`: one, or several that share the weights, largest first (see `batchesOf`). */
  planInference(batchSizes: number | readonly number[], target: Target): Plan;
}

/** What `networkOf` gives, and less of it. */
export const inferenceNetworkKind = having('a network, as networkOf gives it', 'stateDict', 'planInference');

interface InferenceNetworkOptions {
  /** What programs keep to be read. */
  readonly landmarks?: InferencePlanOptions['landmarks'];
  /** Traces by batch size that are there already. */
  readonly traced?: ReadonlyMap<number, Trace> | undefined;
}

/** A model for pictures of one size H×W, without what training needs. */
export function inferenceNetworkOf(
  model: AnyModule,
  input: readonly number[],
  description: ModelDescription,
  { landmarks, traced }: InferenceNetworkOptions = {},
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
    planInference: (batchSizes, target) =>
      planInference(
        forEachSize(
          batchSizes,
          (size) => traced?.get(size) ?? trace(model, [size, ...input], { training: false }),
        ),
        target,
        { name, landmarks, mainOnly: true },
      ),
  };
}
