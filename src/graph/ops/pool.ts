import type { Definitions } from '../op.ts';
import { CardinalError } from '../../base/errors.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';
import { expectPair, poolOutput, type Pair } from './window.ts';

export interface PoolOps {
  /** (x N×C×H×W) → N×C×P×Q; padding counts as −∞. Global max pooling is a kernel of H×W. */
  max_pool2d: PoolAttrs;
  /** (dy, x) → dx: all of dy goes to the first largest element of its window, row by row, as in PyTorch. */
  max_pool2d_backward: PoolAttrs;
  /**
   * (x N×C×H×W) → N×C×P×Q. Global average pooling is a kernel of H×W. `adaptive` says that the size of the output was
   * asked for and not the kernel's, or 'mean', that it is a mean over a picture's axes: nothing is computed otherwise, but some count it
   * otherwise (`conventions.ts`).
   */
  avg_pool2d: PoolAttrs & { readonly countIncludePad: boolean; readonly adaptive?: boolean | 'mean' };
  /** (dy) → dx. `inputSize` is [H, W]. */
  avg_pool2d_backward: PoolAttrs & { readonly countIncludePad: boolean; readonly inputSize: Pair };
}

export interface PoolAttrs {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly ceilMode: boolean;
}

export const poolOps: Definitions<PoolOps> = {
  max_pool2d: {
    infer(shapes, attrs) {
      expectInputs('max_pool2d', shapes, 1);
      return [poolShape('max_pool2d', shapes[0], attrs)];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('max_pool2d_backward', [dy, inputs[0]], attrs)];
    },
  },

  /** Finds the largest element of each window again instead of storing where it was. */
  max_pool2d_backward: {
    infer(shapes, attrs) {
      expectInputs('max_pool2d_backward', shapes, 2);
      const [dy, x] = shapes;
      expectShape('max_pool2d_backward', 'dy', dy, poolShape('max_pool2d_backward', x, attrs));
      return [x];
    },
  },

  avg_pool2d: {
    infer(shapes, attrs) {
      expectInputs('avg_pool2d', shapes, 1);
      return [poolShape('avg_pool2d', shapes[0], attrs)];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      if (dy === undefined) return [];
      const [, , h, w] = inputs[0].shape;
      return [graph.apply1('avg_pool2d_backward', [dy], { ...attrs, inputSize: [h, w] })];
    },
  },

  avg_pool2d_backward: {
    infer(shapes, attrs) {
      expectInputs('avg_pool2d_backward', shapes, 1);
      const [dy] = shapes;
      const x = [dy[0], dy[1], ...attrs.inputSize];
      expectShape('avg_pool2d_backward', 'dy', dy, poolShape('avg_pool2d_backward', x, attrs));
      return [x];
    },
  },
};

function poolShape(op: string, x: Shape, attrs: PoolAttrs): Shape {
  expectPicture(op, x);
  const { kernelSize, stride, padding, ceilMode } = attrs;
  expectPair(op, 'a kernel', kernelSize, 1);
  expectPair(op, 'a stride', stride, 1);
  expectPair(op, 'a padding', padding, 0);
  if (padding[0] * 2 > kernelSize[0] || padding[1] * 2 > kernelSize[1]) {
    throw new CardinalError(
      `${op}: expected padding of at most half the kernel ${kernelSize.join('×')}, got ${padding.join('×')}`,
    );
  }
  const along = (axis: 0 | 1) =>
    poolOutput(
      op,
      { input: x[2 + axis], kernel: kernelSize[axis], stride: stride[axis], padding: padding[axis] },
      ceilMode,
    );
  return [x[0], x[1], along(0), along(1)];
}
