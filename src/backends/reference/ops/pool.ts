import type { PoolAttrs, PoolOps } from '../../../graph/ops/pool.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const poolKernels: Kernels<PoolOps> = {
  max_pool2d: (attrs, [x], [y]) => {
    forEachWindow(attrs, x.shape, y.shape, (window, yi) => {
      y.data[yi] = x.data[largest(x, window)];
    });
  },

  max_pool2d_backward: (attrs, [dy, x], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    forEachWindow(attrs, x.shape, dy.shape, (window, yi) => {
      sums[largest(x, window)] += dy.data[yi];
    });
    dx.data.set(sums);
  },

  avg_pool2d: (attrs, [x], [y]) => {
    forEachWindow(attrs, x.shape, y.shape, (window, yi) => {
      let sum = 0;
      for (const xi of window.indices) sum += x.data[xi];
      y.data[yi] = sum / divisor(window, attrs.countIncludePad);
    });
  },

  avg_pool2d_backward: (attrs, [dy], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    forEachWindow(attrs, dx.shape, dy.shape, (window, yi) => {
      const share = dy.data[yi] / divisor(window, attrs.countIncludePad);
      for (const xi of window.indices) sums[xi] += share;
    });
    dx.data.set(sums);
  },
};

export interface Window {
  /** Indices in x (stored N×H×W×C) of the elements inside the picture, row by row. */
  readonly indices: readonly number[];
  /** Elements inside the picture and its padding; less than the kernel only where ceil mode reaches past both. */
  readonly paddedSize: number;
}

function divisor(window: Window, countIncludePad: boolean): number {
  return countIncludePad ? window.paddedSize : window.indices.length;
}

/** The first largest element, row by row; a NaN is larger than everything, as in PyTorch. */
export function largest(x: Tensor, window: Pick<Window, 'indices'>): number {
  let best = window.indices[0];
  for (const xi of window.indices) {
    if (x.data[xi] > x.data[best] || Number.isNaN(x.data[xi])) best = xi;
  }
  return best;
}

/** Visits each element of y (index `yi` of N×P×Q×C) with its window of x. */
function forEachWindow(
  { kernelSize, stride, padding }: PoolAttrs,
  [batch, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
  visit: (window: Window, yi: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < outHeight; p++) {
      const top = p * stride[0] - padding[0];
      const bottom = Math.min(top + kernelSize[0], height + padding[0]);
      for (let q = 0; q < outWidth; q++) {
        const left = q * stride[1] - padding[1];
        const right = Math.min(left + kernelSize[1], width + padding[1]);
        const paddedSize = (bottom - top) * (right - left);
        for (let c = 0; c < channels; c++) {
          const indices: number[] = [];
          for (let h = Math.max(top, 0); h < Math.min(bottom, height); h++) {
            for (let v = Math.max(left, 0); v < Math.min(right, width); v++) {
              indices.push(((n * height + h) * width + v) * channels + c);
            }
          }
          visit({ indices, paddedSize }, ((n * outHeight + p) * outWidth + q) * channels + c);
        }
      }
    }
  }
}
