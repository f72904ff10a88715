import type { Conv2dAttrs } from '../../../src/graph/op-table.ts';
import type { ConvTransposeOps } from '../../../src/graph/ops/conv-transpose.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

export const convTransposeCases: CasesOf<ConvTransposeOps> = {
  conv_transpose2d: (rng) =>
    transposed.map(({ shape, w, attrs }) => ({ attrs, inputs: [normal(rng, shape), normal(rng, w)] })),
};

export const convTransposeGradientCases = {
  conv_transpose2d: (rng) =>
    transposed
      .slice(-2)
      .map(({ shape, w, attrs }) => ({ attrs, inputs: [normal(rng, shape), normal(rng, w)] })),
} satisfies GradientCases<ConvTransposeOps>;

const plain: Conv2dAttrs = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };

/** Every kind of kernel that does a convolution's gradient: matmuls, grouped, depthwise, Winograd's. */
const transposed = [
  { shape: [2, 24, 6, 5], w: [24, 16, 2, 2], attrs: { ...plain, stride: [2, 2], outputPadding: [0, 0] } },
  { shape: [1, 32, 7, 7], w: [32, 32, 3, 3], attrs: { ...plain, padding: [1, 1], outputPadding: [0, 0] } },
  {
    shape: [2, 16, 7, 7],
    w: [16, 1, 3, 3],
    attrs: { ...plain, stride: [2, 2], padding: [1, 1], groups: 16, outputPadding: [1, 1] },
  },
  {
    shape: [1, 8, 4, 5],
    w: [8, 1, 5, 5],
    attrs: { ...plain, stride: [2, 2], padding: [2, 2], groups: 8, outputPadding: [1, 1] },
  },
  { shape: [1, 4, 3, 4], w: [4, 3, 1, 1], attrs: { ...plain, outputPadding: [0, 0] } },
  {
    shape: [1, 4, 2, 3],
    w: [4, 3, 2, 3],
    attrs: { stride: [2, 3], padding: [0, 1], dilation: [1, 1], groups: 2, outputPadding: [1, 2] },
  },
  {
    shape: [1, 2, 3, 3],
    w: [2, 2, 3, 3],
    attrs: { ...plain, dilation: [2, 2], padding: [1, 1], outputPadding: [0, 0] },
  },
] as const;
