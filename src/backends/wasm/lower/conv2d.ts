import type { Conv2dAttrs, OpName } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Lowering } from '../call.ts';
import { isProduct } from './blas-conv2d-1x1.ts';
import { isPatches } from './blas-patches.ts';
import type { blasLowerings } from './blas.ts';
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
} from './conv2d-winograd.ts';
import { stemApplies } from './conv2d-stem.ts';
import { lineageConvolutions } from './lineage-convolutions.ts';
import { conv2dBackwardWeightGemm } from './weight-gradient.ts';

/**
 * Depthwise 3×3 layers and small groups have direct kernels, Winograd's algorithm is taken where it saves work; every other
 * convolution is a matmul.
 */
export const conv2d = /* @__PURE__ */ firstThatApplies(
  forwardShapes,
  [
    [depthwiseApplies, conv2dDepthwise],
    ...lineageConvolutions.forward,
    [winogradApplies, conv2dWinograd],
    [groupedApplies, conv2dGrouped],
  ],
  conv2dGemm,
);

export const conv2dBackwardInput = /* @__PURE__ */ firstThatApplies(
  backwardInputShapes,
  [
    [depthwiseApplies, conv2dDepthwiseBackwardInput],
    ...lineageConvolutions.backwardInput,
    [winogradApplies, conv2dWinogradBackwardInput],
    [groupedApplies, conv2dGroupedBackwardInput],
  ],
  conv2dBackwardInputGemm,
);

export const conv2dBackwardWeight = /* @__PURE__ */ firstThatApplies(
  backwardWeightShapes,
  [
    [depthwiseApplies, conv2dDepthwiseBackwardWeight],
    ...lineageConvolutions.backwardWeight,
    [winogradApplies, conv2dWinogradBackwardWeight],
    [groupedApplies, conv2dGroupedBackwardWeight],
  ],
  conv2dBackwardWeightGemm,
);

/** Where there is a native library, plain matmuls are the library's, and so are most of small dense patches. */
export function convolutionsBlas(blas: ReturnType<typeof blasLowerings>) {
  return {
    conv2d: firstThatApplies(
      forwardShapes,
      [
        [isProduct, blas.conv2d],
        [isNarrowStem, conv2d],
        [isWidePatches, blas.patches],
      ],
      conv2d,
    ),
    conv2d_backward_input: firstThatApplies(
      backwardInputShapes,
      [[isProduct, blas.conv2dBackwardInput]],
      conv2dBackwardInput,
    ),
    conv2d_backward_weight: firstThatApplies(
      backwardWeightShapes,
      [
        [isProduct, blas.conv2dBackwardWeight],
        [isWidePatches, blas.patchesBackwardWeight],
      ],
      conv2dBackwardWeight,
    ),
  } satisfies { readonly [K in OpName]?: Lowering<K> };
}

/** A stem of so few channels that the library takes longer, with the patches that it needs. */
function isNarrowStem(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  return w[0] <= NARROW_STEM && stemApplies(attrs, x, w);
}
const NARROW_STEM = 48;

/** Patches, but not of so few channels that Winograd's algorithm takes less time than any library's product. */
function isWidePatches(attrs: Conv2dAttrs, x: Shape, w: Shape): boolean {
  return isPatches(attrs, x, w) && !(winogradApplies(attrs, x, w) && Math.max(x[1], w[0]) < 32);
}

/** Whether a lowering takes a convolution, by the shapes of x and the weights, whatever is computed. */
type Applies = (attrs: Conv2dAttrs, x: Shape, w: Shape) => boolean;
type ConvolutionOp = Extract<OpName, `conv2d${string}`>;
type Buffers = readonly { readonly shape: Shape }[];
/** Where an op has the shapes of x and of the weights. */
type ShapesOf = (inputs: Buffers, outputs: Buffers) => readonly [x: Shape, w: Shape];

function forwardShapes([x, w]: Buffers): readonly [Shape, Shape] {
  return [x.shape, w.shape];
}

function backwardInputShapes([, w]: Buffers, [dx]: Buffers): readonly [Shape, Shape] {
  return [dx.shape, w.shape];
}

function backwardWeightShapes([, x]: Buffers, [dw]: Buffers): readonly [Shape, Shape] {
  return [x.shape, dw.shape];
}

function firstThatApplies<K extends ConvolutionOp>(
  shapesOf: ShapesOf,
  candidates: readonly (readonly [Applies, Lowering<K>])[],
  otherwise: Lowering<K>,
): Lowering<K> {
  const chosen = (attrs: Conv2dAttrs, inputs: Buffers, outputs: Buffers): Lowering<K> => {
    const [x, w] = shapesOf(inputs, outputs);
    return candidates.find(([applies]) => applies(attrs, x, w))?.[1] ?? otherwise;
  };
  return {
    workspaceBytes: (node) => chosen(node.attrs, node.inputs, node.outputs).workspaceBytes?.(node) ?? 0,
    calls: (step) => chosen(step.attrs, step.inputs, step.outputs).calls(step),
  };
}
