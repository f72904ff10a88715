import type { Definitions } from '../op.ts';
import type { Shape } from '../value.ts';
import { expect, expectInputs, expectPicture, expectShape } from './check.ts';
import type { Pair } from './window.ts';

export interface SubsampleOps {
  /** (x) → x[:, :, ::stride, ::stride], P = ⌈H/stride⌉ (shortcut A). */
  subsample: { readonly stride: number };
  /** (dy) → dx, zero where nothing was taken. */
  subsample_backward: { readonly stride: number; readonly inputSize: Pair };
}

export const subsampleOps: Definitions<SubsampleOps> = {
  /** Every `stride`-th pixel: with `pad_channels`, the parameter-free shortcut A (He et al. 2015, section 4.1). */
  subsample: {
    infer(shapes, { stride }) {
      expectInputs('subsample', shapes, 1);
      return [subsampled('subsample', shapes[0], stride)];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      if (dy === undefined) return [];
      const [, , h, w] = inputs[0].shape;
      return [graph.apply1('subsample_backward', [dy], { ...attrs, inputSize: [h, w] })];
    },
  },

  subsample_backward: {
    infer(shapes, { stride, inputSize }) {
      expectInputs('subsample_backward', shapes, 1);
      const [dy] = shapes;
      const x = [dy[0], dy[1], ...inputSize];
      expectShape('subsample_backward', 'dy', dy, subsampled('subsample_backward', x, stride));
      return [x];
    },
  },
};

function subsampled(op: string, x: Shape, stride: number): Shape {
  expectPicture(op, x);
  expect(op, Number.isInteger(stride) && stride >= 1, 'an integer stride ≥ 1', String(stride));
  return [x[0], x[1], Math.ceil(x[2] / stride), Math.ceil(x[3] / stride)];
}
