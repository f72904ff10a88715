import type { Conv2dAttrs, OpName } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Lowering } from '../call.ts';
import { isPatches, isProduct, type blasLowerings } from './blas.ts';
import {
  conv2dDepthwise,
  conv2dDepthwiseBackwardInput,
  conv2dDepthwiseBackwardWeight,
  depthwiseApplies,
} from './conv2d-depthwise.ts';
import { conv2dBackwardInputGemm, conv2dGemm } from './conv2d-gemm.ts';
import { conv2dGroupedBackwardWeight } from './conv2d-grouped-gradient.ts';
import { conv2dGrouped, conv2dGroupedBackwardInput, groupedApplies } from './conv2d-grouped.ts';
import {
  conv2dWinograd,
  conv2dWinogradBackwardInput,
  conv2dWinogradBackwardWeight,
  winogradApplies,
  winogradGradientApplies,
} from './conv2d-winograd.ts';
import { conv2dBackwardWeightGemm } from './weight-gradient.ts';

/**
 * Depthwise 3×3 layers and small groups have direct kernels, Winograd's algorithm is taken where it saves work; every other
 * convolution is a matrix product.
 */
export const conv2d = choose(
  conv2dDepthwise,
  choose(
    conv2dWinograd,
    choose(conv2dGrouped, conv2dGemm, (attrs, [x, w]) => groupedApplies(attrs, x, w)),
    (attrs, [x, w]) => winogradApplies(attrs, x, w),
  ),
  (attrs, [x, w]) => depthwiseApplies(attrs, x, w),
);

export const conv2dBackwardInput = choose(
  conv2dDepthwiseBackwardInput,
  choose(
    conv2dWinogradBackwardInput,
    choose(conv2dGroupedBackwardInput, conv2dBackwardInputGemm, (attrs, [, w], [dx]) =>
      groupedApplies(attrs, dx, w),
    ),
    (attrs, [, w], [dx]) => winogradApplies(attrs, dx, w),
  ),
  (attrs, [, w], [dx]) => depthwiseApplies(attrs, dx, w),
);

export const conv2dBackwardWeight = choose(
  conv2dDepthwiseBackwardWeight,
  choose(
    conv2dWinogradBackwardWeight,
    choose(conv2dGroupedBackwardWeight, conv2dBackwardWeightGemm, (attrs, [, x], [dw]) =>
      groupedApplies(attrs, x, dw),
    ),
    (attrs, [, x], [dw]) => winogradGradientApplies(attrs, x, dw),
  ),
  (attrs, [, x], [dw]) => depthwiseApplies(attrs, x, dw),
);

/** Where there is a native library, plain matrix products are the library's, and so are most of small dense patches. */
export function convolutionsBlas(blas: ReturnType<typeof blasLowerings>) {
  return {
    conv2d: choose(
      blas.conv2d,
      choose(blas.patches, conv2d, (attrs, [x, w]) => isPatches(attrs, w) && !isNarrow(attrs, x, w)),
      (attrs, [, w]) => isProduct(attrs, w.slice(2)),
    ),
    conv2d_backward_input: choose(blas.conv2dBackwardInput, conv2dBackwardInput, (attrs, [, w]) =>
      isProduct(attrs, w.slice(2)),
    ),
    conv2d_backward_weight: choose(
      blas.conv2dBackwardWeight,
      choose(
        blas.patchesBackwardWeight,
        conv2dBackwardWeight,
        (attrs, [, x], [dw]) => isPatches(attrs, dw) && !isNarrow(attrs, x, dw),
      ),
      (attrs, _, [dw]) => isProduct(attrs, dw.slice(2)),
    ),
  } satisfies { readonly [K in OpName]?: Lowering<K> };
}

/** So few channels that Winograd's algorithm takes less time than any library's product of patches. */
function isNarrow(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  return winogradApplies(attrs, x, w) && Math.max(x[1], w[0]) < 32;
}

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
