import type { Conv2dAttrs, OpName } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Lowering } from '../call.ts';
import { conv2dBackwardInputBlas, conv2dBackwardWeightBlas, conv2dBlas, isProduct } from './blas.ts';
import { conv2dBackwardInputGemm, conv2dGemm } from './conv2d-gemm.ts';
import { conv2dGroupedBackwardWeight } from './conv2d-grouped-gradient.ts';
import { conv2dGrouped, conv2dGroupedBackwardInput, groupedApplies } from './conv2d-grouped.ts';
import { conv2dBackwardWeightGemm } from './weight-gradient.ts';

/** Small groups have direct kernels; every other convolution is a matrix product. */
export const conv2d = choose(conv2dGrouped, conv2dGemm, (attrs, [x, w]) => groupedApplies(attrs, x, w));

export const conv2dBackwardInput = choose(
  conv2dGroupedBackwardInput,
  conv2dBackwardInputGemm,
  (attrs, [, w], [dx]) => groupedApplies(attrs, dx, w),
);

export const conv2dBackwardWeight = choose(
  conv2dGroupedBackwardWeight,
  conv2dBackwardWeightGemm,
  (attrs, [, x], [dw]) => groupedApplies(attrs, x, dw),
);

/** Where there is a native library, what is a plain matrix product is the library's. */
export const convolutionsBlas = {
  conv2d: choose(conv2dBlas, conv2d, (attrs, [, w]) => isProduct(attrs, w.slice(2))),
  conv2d_backward_input: choose(conv2dBackwardInputBlas, conv2dBackwardInput, (attrs, [, w]) =>
    isProduct(attrs, w.slice(2)),
  ),
  conv2d_backward_weight: choose(conv2dBackwardWeightBlas, conv2dBackwardWeight, (attrs, _, [dw]) =>
    isProduct(attrs, dw.slice(2)),
  ),
} satisfies { readonly [K in OpName]?: Lowering<K> };

type ConvolutionOp = Extract<OpName, `conv2d${string}`>;

function choose<K extends ConvolutionOp>(
  direct: Lowering<K>,
  product: Lowering<K>,
  isDirect: (attrs: Conv2dAttrs, inputs: readonly Shape[], outputs: readonly Shape[]) => boolean,
): Lowering<K> {
  const shapes = (list: readonly { readonly shape: Shape }[]) => list.map(({ shape }) => shape);
  const chosen = (
    attrs: Conv2dAttrs,
    inputs: readonly { readonly shape: Shape }[],
    outputs: readonly { readonly shape: Shape }[],
  ) => (isDirect(attrs, shapes(inputs), shapes(outputs)) ? direct : product);
  return {
    workspaceBytes: (node) => chosen(node.attrs, node.inputs, node.outputs).workspaceBytes?.(node) ?? 0,
    calls: (step) => chosen(step.attrs, step.inputs, step.outputs).calls(step),
  };
}
