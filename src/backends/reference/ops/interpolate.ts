import { sharesOf, type InterpolateAttrs, type InterpolateOps } from '../../../graph/ops/interpolate.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const interpolateKernels: Kernels<InterpolateOps> = {
  interpolate: (attrs, [x], [y]) => {
    const sums = new Float64Array(y.data.length);
    forEachShare(attrs, x, y, (inside, outside, weight) => {
      sums[outside] += weight * x.data[inside];
    });
    y.data.set(sums);
  },

  interpolate_backward: (attrs, [dy], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    forEachShare(attrs, dx, dy, (inside, outside, weight) => {
      sums[inside] += weight * dy.data[outside];
    });
    dx.data.set(sums);
  },
};

/** Visits each stored element of the target with each of the source that it is made of, and its weight. */
function forEachShare(
  attrs: Omit<InterpolateAttrs, 'outputSize'>,
  { shape: [images, channels, height, width] }: Tensor,
  { shape: [, , outHeight, outWidth] }: Tensor,
  visit: (inside: number, outside: number, weight: number) => void,
): void {
  for (let n = 0; n < images; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        for (const row of sharesOf(attrs, p, height, attrs.scale[0])) {
          for (const column of sharesOf(attrs, q, width, attrs.scale[1])) {
            for (let c = 0; c < channels; c++) {
              const inside = ((n * height + row.from) * width + column.from) * channels + c;
              const outside = ((n * outHeight + p) * outWidth + q) * channels + c;
              visit(inside, outside, row.weight * column.weight);
            }
          }
        }
      }
    }
  }
}
