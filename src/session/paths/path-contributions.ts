import type { Backend } from '../../backends/backend.ts';
import { toChannelsLast } from '../../backends/channels-last.ts';
import {
  abortSignal,
  callback,
  checkKind,
  checkOptions,
  texts,
  wholeFrom,
  type Kinds,
} from '../../base/options.ts';
import { sizeOf } from '../../base/shape.ts';
import { sizes } from '../../nn/arguments.ts';
import { checkModule, type AnyModule } from '../../nn/module.ts';
import { trace } from '../../nn/trace.ts';
import { backendKind, checkFloats } from '../arguments.ts';
import type { InputData } from '../gradients.ts';
import { contributionsOf, type ContributionsAsked, type PathContributions } from './contributions.ts';

/** A picture, a class, and the device that computes. */
export interface PathContributionsOptions extends ContributionsAsked {
  /** One picture 1×C×H×W, in PyTorch's order. */
  readonly input: InputData;
  readonly backend: Backend;
  /** Paths that are left out in one run, each in a row of its own, at most. Default 8. */
  readonly batchSize?: number | undefined;
}

const kinds: Kinds<PathContributionsOptions> = {
  label: wholeFrom(0),
  blocks: texts,
  signal: abortSignal,
  onProgress: callback,
  input: {
    expected: 'one picture { shape, data }',
    is: (value) => typeof value === 'object' && value !== null && 'shape' in value && 'data' in value,
  },
  backend: backendKind,
  batchSize: wholeFrom(1),
};

/**
 * What each of the C paths of every block with aggregated transformations contributes to what a network says of one picture. A block's
 * residual is F(x) = Σᵢ Tᵢ(x) (Xie et al. 2017, section 3.2, equation 2); in evaluation mode the batch norm behind the sum is affine, so
 * with it folded in, path i gives T′ᵢ = γ/√(σ² + ε)·Tᵢ. What the norm and the last convolution add beside that is the block's and no
 * path's: it is in none of the numbers, and stays when a path is left out. For each path,
 *
 *     norm   = ‖T′ᵢ‖₂ / ‖ΣT′ⱼ‖₂             how large it is beside the sum
 *     share  = ⟨T′ᵢ, ΣT′ⱼ⟩ / ‖ΣT′ⱼ‖₂²       its part of the sum; over the paths these add up to 1
 *     effect = logit − logit without Tᵢ      what the class loses without it, all that follows computed again
 *
 * The three forms of a block (Figure 3) give the same numbers, up to rounding. Where a gate stands between the grouped convolution and
 * the last one (RegNet's), a path is what the last one reads. Left-out paths are computed in batches, from the block on: of ResNeXt-50
 * that is about as much as classifying 300 pictures; `blocks` asks about fewer. The model does not change.
 *
 * @throws {UsageError} if there is no such class or block.
 * @throws {CardinalError} if the network has no such block, or memory does not suffice.
 * @throws the reason of `signal`, between two batches.
 */
export async function pathContributions(
  model: AnyModule,
  options: PathContributionsOptions,
): Promise<PathContributions> {
  const what = 'pathContributions';
  checkModule(what, 'the network', model);
  checkOptions(what, options, kinds, ['input', 'backend']);
  const { input, backend, batchSize = 8, ...asked } = options;
  const { shape, data } = input;
  sizes(what, "the input's shape", shape, 'N×C×H×W');
  checkKind(what, "the input's shape", shape, { expected: 'one picture 1×C×H×W', is: () => shape[0] === 1 });
  checkFloats(what, "the input's data", data, sizeOf(shape));
  const rows = [...new Set([batchSize, 4, 2, 1])].filter((size) => size <= batchSize);
  const traces = rows.map((size) => trace(model, [size, ...shape.slice(1)], { training: false }));
  const name = model.displayName ?? model.typeName;
  const { label, logit, blocks } = await contributionsOf(
    { name, traces, backend, state: () => Promise.resolve(model.stateDict()) },
    toChannelsLast(data, shape),
    asked,
  );
  return { label, logit, blocks };
}
