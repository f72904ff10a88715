import {
  binomialFilter,
  blurPadding,
  reflected,
  type BlurPoolAttrs,
  type BlurPoolOps,
} from '../../../graph/ops/blur-pool.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const blurPoolKernels: Kernels<BlurPoolOps> = {
  /** Blur before subsampling, Zhang 2019 (arXiv 1904.11486). */
  blur_pool2d: (attrs, [x], [y]) => {
    const sums = new Float64Array(y.data.length);
    forEachTap(attrs, x, y, (inside, outside, weight) => {
      sums[outside] += weight * x.data[inside];
    });
    y.data.set(sums);
  },

  blur_pool2d_backward: (attrs, [dy], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    forEachTap(attrs, dx, dy, (inside, outside, weight) => {
      sums[inside] += weight * dy.data[outside];
    });
    dx.data.set(sums);
  },
};

/** Visits each stored element of the small picture with each of the large one that it is made of, and its weight. */
function forEachTap(
  attrs: BlurPoolAttrs,
  { shape: [images, channels, height, width] }: Tensor,
  { shape: [, , outHeight, outWidth] }: Tensor,
  visit: (inside: number, outside: number, weight: number) => void,
): void {
  const filter = binomialFilter(attrs.filterSize);
  const padding = blurPadding(attrs);
  for (let n = 0; n < images; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        filter.forEach((vertical, r) => {
          const h = reflected(p * attrs.stride + r - padding, height);
          filter.forEach((horizontal, s) => {
            const w = reflected(q * attrs.stride + s - padding, width);
            for (let c = 0; c < channels; c++) {
              const inside = ((n * height + h) * width + w) * channels + c;
              visit(inside, ((n * outHeight + p) * outWidth + q) * channels + c, vertical * horizontal);
            }
          });
        });
      }
    }
  }
}
