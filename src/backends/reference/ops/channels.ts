import type { Kernel, Tensor } from '../kernel.ts';

/** Ops that move whole channels: with channels last, a run of channels of one pixel is contiguous. */

export const concat: Kernel<'concat'> = (_, inputs, [y]) => {
  let start = 0;
  for (const x of inputs) {
    const length = x.shape[1];
    copyChannels(x, 0, y, start, length);
    start += length;
  }
};

export const sliceChannels: Kernel<'slice_channels'> = ({ start, length }, [x], [y]) => {
  copyChannels(x, start, y, 0, length);
};

/** He et al. 2015 (arXiv 1512.03385), section 3.3, shortcut A: extra channels are zero. */
export const padChannels: Kernel<'pad_channels'> = ({ before }, [x], [y]) => {
  y.data.fill(0);
  copyChannels(x, 0, y, before, x.shape[1]);
};

function copyChannels(from: Tensor, fromStart: number, to: Tensor, toStart: number, length: number): void {
  const pixels = from.data.length / from.shape[1];
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < length; c++) {
      to.data[pixel * to.shape[1] + toStart + c] = from.data[pixel * from.shape[1] + fromStart + c];
    }
  }
}

export const subsample: Kernel<'subsample'> = ({ stride }, [x], [y]) => {
  forEachTaken(stride, x, y, (xi, yi) => {
    y.data[yi] = x.data[xi];
  });
};

export const subsampleBackward: Kernel<'subsample_backward'> = ({ stride }, [dy], [dx]) => {
  dx.data.fill(0);
  forEachTaken(stride, dx, dy, (xi, yi) => {
    dx.data[xi] = dy.data[yi];
  });
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
