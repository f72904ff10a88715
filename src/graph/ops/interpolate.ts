import type { Definitions } from '../op.ts';
import type { Shape } from '../value.ts';
import { expect, expectInputs, expectPicture, expectShape } from './check.ts';
import { expectPair, type Pair } from './window.ts';

export interface InterpolateOps {
  /** (x N×C×H×W) → N×C×P×Q, [P, Q] = `outputSize`, as `torch.nn.functional.interpolate`. */
  interpolate: InterpolateAttrs;
  /** (dy) → dx. `inputSize` is [H, W]. */
  interpolate_backward: Omit<InterpolateAttrs, 'outputSize'> & { readonly inputSize: Pair };
}

export interface InterpolateAttrs {
  readonly mode: 'nearest' | 'bilinear';
  readonly outputSize: Pair;
  /** Pixels of x for each of y, [vertical, horizontal]: H/P if sizes are given, what was divided by if a factor is. */
  readonly scale: Pair;
  /** The centres of the corner pixels of x and y lie on each other; then `scale` is (H − 1)/(P − 1). Only bilinear. */
  readonly alignCorners: boolean;
}

export const interpolateOps: Definitions<InterpolateOps> = {
  /** A picture of another size: each pixel is the nearest one of the picture, or a mean of the four around it. */
  interpolate: {
    infer(shapes, attrs) {
      expectInputs('interpolate', shapes, 1);
      return [interpolated('interpolate', shapes[0], attrs)];
    },
    gradient(graph, { attrs: { mode, scale, alignCorners }, inputs: [x] }, [dy]) {
      if (dy === undefined) return [];
      const inputSize: Pair = [x.shape[2], x.shape[3]];
      return [graph.apply1('interpolate_backward', [dy], { mode, scale, alignCorners, inputSize })];
    },
  },

  interpolate_backward: {
    infer(shapes, { inputSize, ...attrs }) {
      expectInputs('interpolate_backward', shapes, 1);
      const [dy] = shapes;
      expectPicture('interpolate_backward', dy);
      expectPair('interpolate_backward', 'an input size', inputSize, 1);
      const x = [dy[0], dy[1], ...inputSize];
      const outputSize: Pair = [dy[2], dy[3]];
      expectShape(
        'interpolate_backward',
        'dy',
        dy,
        interpolated('interpolate_backward', x, { ...attrs, outputSize }),
      );
      return [x];
    },
  },
};

/** A pixel of the source and its share in a pixel of the target. */
export interface Share {
  readonly from: number;
  readonly weight: number;
}

/**
 * What pixel `at` along an axis is made of, of `size` pixels. As in PyTorch, places are computed in single precision, which decides
 * between neighbours where a factor is no fraction of 2.
 */
export function sharesOf(
  { mode, alignCorners }: Pick<InterpolateAttrs, 'mode' | 'alignCorners'>,
  at: number,
  size: number,
  scale: number,
): readonly Share[] {
  const { fround } = Math;
  const step = fround(scale);
  if (mode === 'nearest') return [{ from: Math.min(Math.floor(fround(at * step)), size - 1), weight: 1 }];
  const place = alignCorners ? fround(at * step) : Math.max(0, fround(fround(step * fround(at + 0.5)) - 0.5));
  const from = Math.min(Math.floor(place), size - 1);
  const weight = fround(place - from);
  if (from === size - 1 || weight === 0) return [{ from, weight: 1 }];
  return [
    { from, weight: 1 - weight },
    { from: from + 1, weight },
  ];
}

function interpolated(
  op: string,
  x: Shape,
  { mode, outputSize, scale, alignCorners }: InterpolateAttrs,
): Shape {
  expectPicture(op, x);
  expectPair(op, 'an output size', outputSize, 1);
  const finite = scale.every((step) => Number.isFinite(step) && step >= 0);
  expect(op, finite, 'a scale of finite numbers of at least 0', scale.join(', '));
  expect(op, mode === 'bilinear' || !alignCorners, 'aligned corners only where bilinear', mode);
  return [x[0], x[1], ...outputSize];
}
