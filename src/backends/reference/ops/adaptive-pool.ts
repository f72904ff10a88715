import { adaptiveWindows, type AdaptivePoolOps } from '../../../graph/ops/adaptive-pool.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Kernels } from '../kernel.ts';
import { largest, type Window } from './pool.ts';

export const adaptivePoolKernels: Kernels<AdaptivePoolOps> = {
  adaptive_max_pool2d: (_, [x], [y]) => {
    forEachAdaptiveWindow(x.shape, y.shape, (window, yi) => {
      y.data[yi] = x.data[largest(x, window)];
    });
  },

  adaptive_max_pool2d_backward: (_, [dy, x], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    forEachAdaptiveWindow(x.shape, dy.shape, (window, yi) => {
      sums[largest(x, window)] += dy.data[yi];
    });
    dx.data.set(sums);
  },

  adaptive_avg_pool2d: (_, [x], [y]) => {
    forEachAdaptiveWindow(x.shape, y.shape, ({ indices }, yi) => {
      y.data[yi] = indices.reduce((sum, xi) => sum + x.data[xi], 0) / indices.length;
    });
  },

  adaptive_avg_pool2d_backward: (_, [dy], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    forEachAdaptiveWindow(dx.shape, dy.shape, ({ indices }, yi) => {
      for (const xi of indices) sums[xi] += dy.data[yi] / indices.length;
    });
    dx.data.set(sums);
  },
};

function forEachAdaptiveWindow(
  [batch, channels, height, width]: Shape,
  [, , outHeight, outWidth]: Shape,
  visit: (window: Pick<Window, 'indices'>, yi: number) => void,
): void {
  const columns = adaptiveWindows(width, outWidth);
  for (let n = 0; n < batch; n++) {
    adaptiveWindows(height, outHeight).forEach((rows, p) => {
      columns.forEach(({ begin, end }, q) => {
        for (let c = 0; c < channels; c++) {
          const indices: number[] = [];
          for (let h = rows.begin; h < rows.end; h++) {
            for (let v = begin; v < end; v++) indices.push(((n * height + h) * width + v) * channels + c);
          }
          visit({ indices }, ((n * outHeight + p) * outWidth + q) * channels + c);
        }
      });
    });
  }
}
