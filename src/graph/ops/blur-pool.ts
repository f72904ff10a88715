import type { Definitions } from '../op.ts';
import type { Shape } from '../value.ts';
import { expect, expectInputs, expectPicture, expectShape } from './check.ts';
import { windowOutput, type Pair } from './window.ts';

export interface BlurPoolOps {
  /**
   * (x N×C×H×W) → N×C×P×Q: each channel convolved with a binomial filter of R×R (1 2 1 for R = 3, in both directions, divided by their
   * sum) every `stride` pixels. Around the picture stands its reflection about the edge pixels, ⌊(stride + R − 2)/2⌋ wide.
   */
  blur_pool2d: BlurPoolAttrs;
  /** (dy) → dx. `inputSize` is [H, W]. */
  blur_pool2d_backward: BlurPoolAttrs & { readonly inputSize: Pair };
}

export interface BlurPoolAttrs {
  /** R. */
  readonly filterSize: number;
  readonly stride: number;
}

export const blurPoolOps: Definitions<BlurPoolOps> = {
  /** Blur before subsampling (Zhang 2019, Making convolutional networks shift-invariant again), with timm's padding. */
  blur_pool2d: {
    infer(shapes, attrs) {
      expectInputs('blur_pool2d', shapes, 1);
      return [blurred('blur_pool2d', shapes[0], attrs)];
    },
    gradient(graph, { attrs, inputs: [x] }, [dy]) {
      if (dy === undefined) return [];
      return [graph.apply1('blur_pool2d_backward', [dy], { ...attrs, inputSize: [x.shape[2], x.shape[3]] })];
    },
  },

  blur_pool2d_backward: {
    infer(shapes, { inputSize, ...attrs }) {
      expectInputs('blur_pool2d_backward', shapes, 1);
      const [dy] = shapes;
      const x = [dy[0], dy[1], ...inputSize];
      expectShape('blur_pool2d_backward', 'dy', dy, blurred('blur_pool2d_backward', x, attrs));
      return [x];
    },
  },
};

/** Pixels of reflection on each side. */
export function blurPadding({ filterSize, stride }: BlurPoolAttrs): number {
  return Math.floor((stride - 1 + filterSize - 1) / 2);
}

/** The binomial coefficients of a row of `filterSize`, divided by their sum: exact in f32, as that is a power of 2. */
export function binomialFilter(filterSize: number): readonly number[] {
  let row = [1];
  while (row.length < filterSize) row = [...row, 0].map((n, i) => n + (i > 0 ? row[i - 1] : 0));
  return row.map((n) => n / 2 ** (filterSize - 1));
}

/** Where pixel `at` of a padded row lies in the picture: it is reflected about the first and the last of `size` pixels. */
export function reflected(at: number, size: number): number {
  return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}

function blurred(op: string, x: Shape, attrs: BlurPoolAttrs): Shape {
  expectPicture(op, x);
  const { filterSize, stride } = attrs;
  expect(op, Number.isInteger(filterSize) && filterSize >= 2, 'a filter of at least 2', String(filterSize));
  expect(op, Number.isInteger(stride) && stride >= 1, 'an integer stride ≥ 1', String(stride));
  const padding = blurPadding(attrs);
  const [n, c, h, w] = x;
  expect(op, Math.min(h, w) > padding, `a picture larger than its reflection of ${padding}`, `${h}×${w}`);
  const along = (input: number) =>
    windowOutput(op, { input, kernel: filterSize, stride, padding, dilation: 1 });
  return [n, c, along(h), along(w)];
}
