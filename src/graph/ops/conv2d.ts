import { CardinalError } from '../../base/errors.ts';
import type { Definitions } from '../op.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape, type Shape, type Value } from '../value.ts';
import { throughActivation } from './activation.ts';
import { expect, expectInputs, expectPicture, expectShape } from './check.ts';
import { expectPair, windowOutput, type Pair } from './window.ts';
import type { ActivationOps } from './activation.ts';
import type { ChannelSumOps } from './channel-sum.ts';
import type { Activation } from '../activation.ts';

export interface Conv2dOps {
  /** (x N×C×H×W, w K×(C/G)×R×S, [bias K]?, [residual N×K×P×Q]?) → y N×K×P×Q; y = activation(conv(x, w) + bias + residual). */
  conv2d: Conv2dAttrs & {
    readonly bias: boolean;
    readonly residual: boolean;
    readonly activation: Activation;
  };
  /**
   * (dy N×K×P×Q, w, [residual N×C×H×W]?) → dx N×C×H×W, plus the residual, which may lie where dx will. `inputSize` is [H, W]: with a
   * stride, several sizes have the same P×Q.
   */
  conv2d_backward_input: Conv2dAttrs & { readonly inputSize: Pair; readonly residual: boolean };
  /** (dy N×K×P×Q, x N×C×H×W) → dw K×(C/G)×R×S. `kernelSize` is [R, S]. */
  conv2d_backward_weight: Conv2dAttrs & { readonly kernelSize: Pair };
}

export interface Conv2dAttrs {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  /** G, the paper's cardinality. Divides C and K. */
  readonly groups: number;
}

export const conv2dOps: Definitions<Conv2dOps, ActivationOps & ChannelSumOps> = {
  /**
   * Grouped 2-d convolution (PyTorch's cross-correlation). With G > 1, output channels of group g see only the C/G input
   * channels of group g: form (c) of the ResNeXt block (Xie et al. 2017, Figure 3). MACs: N·K·P·Q·(C/G)·R·S.
   */
  conv2d: {
    infer(shapes, attrs) {
      expectInputs('conv2d', shapes, 2 + Number(attrs.bias) + Number(attrs.residual));
      const [x, w] = shapes;
      const y = convolutionShape(x, w, attrs);
      if (attrs.bias) expectShape('conv2d', 'a bias', shapes[2], [w[0]]);
      if (attrs.residual) expectShape('conv2d', 'a residual', shapes[shapes.length - 1], y);
      return [y];
    },
    gradient(graph, node, [dy]) {
      const { attrs, inputs, outputs } = node;
      if (dy === undefined) return [];
      const geometry = geometryOf(attrs);
      const dz = throughActivation(graph, attrs.activation, dy, outputs[0]);
      const [x, w] = inputs;
      const gradients: (Value | undefined)[] = [
        graph.apply1('conv2d_backward_input', [dz, w], {
          ...geometry,
          inputSize: [x.shape[2], x.shape[3]],
          residual: false,
        }),
        graph.apply1('conv2d_backward_weight', [dz, x], {
          ...geometry,
          kernelSize: [w.shape[2], w.shape[3]],
        }),
      ];
      if (attrs.bias) gradients.push(graph.apply1('channel_sum', [dz], {}));
      if (attrs.residual) gradients.push(dz);
      return gradients;
    },
    macs: ({ inputs, outputs }) => sizeOf(outputs[0].shape) * sizeOf(inputs[1].shape.slice(1)),
  },

  /** d(loss)/dx of a convolution: every input pixel gathers the output pixels whose windows cover it. */
  conv2d_backward_input: {
    infer(shapes, attrs) {
      const op = 'conv2d_backward_input';
      expectInputs(op, shapes, 2 + Number(attrs.residual));
      const [dy, w] = shapes;
      const x = [dy[0], w[1] * attrs.groups, ...attrs.inputSize];
      expectShape(op, 'dy', dy, convolutionShape(x, w, attrs));
      if (attrs.residual) expectShape(op, 'a residual', shapes[2], x);
      return [x];
    },
    replaces: ({ residual }) => (residual ? 2 : undefined),
    macs: ({ inputs }) => sizeOf(inputs[0].shape) * sizeOf(inputs[1].shape.slice(1)),
  },

  /** d(loss)/dw of a convolution: the sum over pictures and positions of dy times the window it came from. */
  conv2d_backward_weight: {
    infer(shapes, attrs) {
      const op = 'conv2d_backward_weight';
      expectInputs(op, shapes, 2);
      const [dy, x] = shapes;
      const w = [dy[1], x[1] / attrs.groups, ...attrs.kernelSize];
      expectShape(op, 'dy', dy, convolutionShape(x, w, attrs));
      return [w];
    },
    macs: ({ inputs, outputs }) => sizeOf(inputs[0].shape) * sizeOf(outputs[0].shape.slice(1)),
  },
};

/** Whether a convolution with weights `w` is one matmul, of all pixels as they lie in memory. */
export function isMatmul(attrs: Conv2dAttrs, [, , ...kernel]: Shape): boolean {
  return attrs.groups === 1 && isPointwise(attrs, kernel);
}

/** Whether output (p, q) depends on input (p, q) alone, so that all places of all images are one long row. */
export function isPointwise({ stride, padding }: Conv2dAttrs, kernel: readonly number[]): boolean {
  return [...kernel, ...stride].every((n) => n === 1) && padding.every((n) => n === 0);
}

/** Only the geometry, which the ops of the backward pass share. */
function geometryOf({ stride, padding, dilation, groups }: Conv2dAttrs): Conv2dAttrs {
  return { stride, padding, dilation, groups };
}

function convolutionShape(x: Shape, w: Shape, attrs: Conv2dAttrs): Shape {
  expectPicture('conv2d', x);
  expect('conv2d', w.length === 4, 'a weight K×(C/G)×R×S', formatShape(w));
  const [n, c, h, width] = x;
  const [k, channelsPerGroup, r, s] = w;
  const { stride, padding, dilation, groups } = attrs;
  expectPair('conv2d', 'a stride', stride, 1);
  expectPair('conv2d', 'a padding', padding, 0);
  expectPair('conv2d', 'a dilation', dilation, 1);
  if (!Number.isInteger(groups) || groups < 1 || c % groups !== 0 || k % groups !== 0) {
    throw new CardinalError(
      `conv2d: expected groups (cardinality) that divide ${c} input and ${k} output channels, got ${groups}`,
    );
  }
  expect(
    'conv2d',
    channelsPerGroup * groups === c,
    `${channelsPerGroup * groups} input channels (weight ${formatShape(w)}, groups ${groups})`,
    `${c} (input ${formatShape(x)})`,
  );
  const along = (axis: 0 | 1, input: number, kernel: number) =>
    windowOutput('conv2d', {
      input,
      kernel,
      stride: stride[axis],
      padding: padding[axis],
      dilation: dilation[axis],
    });
  const size: Pair = [along(0, h, r), along(1, width, s)];
  return [n, k, ...size];
}
