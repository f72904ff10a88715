import type { SubsampleOps } from '../../../graph/ops/subsample.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const subsampleKernels: Kernels<SubsampleOps> = {
  subsample: ({ stride }, [x], [y]) => {
    forEachTaken(stride, x, y, (xi, yi) => {
      y.data[yi] = x.data[xi];
    });
  },

  subsample_backward: ({ stride }, [dy], [dx]) => {
    dx.data.fill(0);
    forEachTaken(stride, dx, dy, (xi, yi) => {
      dx.data[xi] = dy.data[yi];
    });
  },
};

/** Visits the elements x[n, c, p·stride, q·stride] and y[n, c, p, q] by their stored indices. */
function forEachTaken(stride: number, x: Tensor, y: Tensor, visit: (xi: number, yi: number) => void): void {
  const [batch, channels, height, width] = x.shape;
  const [, , outHeight, outWidth] = y.shape;
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        for (let c = 0; c < channels; c++) {
          const xi = ((n * height + p * stride) * width + q * stride) * channels + c;
          const yi = ((n * outHeight + p) * outWidth + q) * channels + c;
          visit(xi, yi);
        }
      }
    }
  }
}
