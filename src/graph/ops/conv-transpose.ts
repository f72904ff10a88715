import { sizeOf } from '../../base/shape.ts';
import type { Definitions } from '../op.ts';
import { formatShape, type Shape } from '../value.ts';
import { expect, expectInputs, expectPicture } from './check.ts';
import type { Conv2dAttrs, Conv2dOps } from './conv2d.ts';
import { expectPair, type Pair } from './window.ts';

export interface ConvTransposeOps {
  /**
   * (x N×C×H×W, w C×(K/G)×R×S) → N×K×P×Q: the gradient by its input of the `conv2d` with these weights, stride and padding, which makes
   * N×C×H×W of N×K×P×Q. P = (H − 1)·stride − 2·padding + dilation·(R − 1) + outputPadding + 1, Q likewise.
   */
  conv_transpose2d: Conv2dAttrs & { readonly outputPadding: Pair };
}

export const convTransposeOps: Definitions<ConvTransposeOps, Conv2dOps> = {
  /** Transposed convolution: every pixel of x adds a filter to y, `stride` pixels from that of the next one. */
  conv_transpose2d: {
    infer(shapes, attrs) {
      expectInputs('conv_transpose2d', shapes, 2);
      return [transposedShape(shapes[0], shapes[1], attrs)];
    },
    gradient(graph, { attrs: { stride, padding, dilation, groups }, inputs: [x, w] }, [dy]) {
      if (dy === undefined) return [];
      const geometry = { stride, padding, dilation, groups };
      const kernelSize: Pair = [w.shape[2], w.shape[3]];
      return [
        graph.apply1('conv2d', [dy, w], { ...geometry, bias: false, residual: false, activation: 'none' }),
        graph.apply1('conv2d_backward_weight', [x, dy], { ...geometry, kernelSize }),
      ];
    },
    macs: ({ inputs: [x, w] }) => sizeOf(x.shape) * sizeOf(w.shape.slice(1)),
  },
};

function transposedShape(x: Shape, w: Shape, attrs: Conv2dAttrs & { readonly outputPadding: Pair }): Shape {
  const op = 'conv_transpose2d';
  const { stride, padding, dilation, groups, outputPadding } = attrs;
  expectPicture(op, x);
  expect(op, w.length === 4, 'a weight C×(K/G)×R×S', formatShape(w));
  expectPair(op, 'a stride', stride, 1);
  expectPair(op, 'a padding', padding, 0);
  expectPair(op, 'a dilation', dilation, 1);
  expectPair(op, 'an output padding', outputPadding, 0);
  expect(op, w[0] === x[1], `${w[0]} input channels (weight ${formatShape(w)})`, formatShape(x));
  const divides = Number.isInteger(groups) && groups >= 1 && x[1] % groups === 0;
  expect(op, divides, `groups (cardinality) that divide ${x[1]} input channels`, String(groups));
  const size = ([0, 1] as const).map((axis) => {
    // As much padding as stride or dilation is another pixel of x.
    const most = Math.max(stride[axis], dilation[axis]);
    const fits = outputPadding[axis] < most;
    expect(
      op,
      fits,
      `an output padding below the larger of stride and dilation, ${most}`,
      String(outputPadding[axis]),
    );
    const extent = dilation[axis] * (w[2 + axis] - 1) + 1;
    return (x[2 + axis] - 1) * stride[axis] - 2 * padding[axis] + extent + outputPadding[axis];
  });
  expect(
    op,
    size.every((n) => n > 0),
    'an output of at least one pixel',
    formatShape(size),
  );
  return [x[0], w[1] * groups, ...size];
}
