import type { ConvTransposeOps } from '../../../graph/ops/conv-transpose.ts';
import type { Kernels } from '../kernel.ts';

export const convTransposeKernels: Kernels<ConvTransposeOps> = {
  /** Every pixel of x, times the filters of its channel, is added to the pixels of y that the filter covers. */
  conv_transpose2d: ({ stride, padding, dilation, groups }, [x, w], [y]) => {
    const [, channels, height, width] = x.shape;
    const [, depth, filterRows, filterColumns] = w.shape;
    const [, outChannels, outHeight, outWidth] = y.shape;
    const sums = new Float64Array(y.data.length);
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const column = Math.floor(i / channels) % width;
      const row = Math.floor(i / channels / width) % height;
      const n = Math.floor(i / channels / width / height);
      const first = Math.floor(c / (channels / groups)) * depth;
      for (let r = 0; r < filterRows; r++) {
        const p = row * stride[0] - padding[0] + r * dilation[0];
        if (p < 0 || p >= outHeight) continue;
        for (let s = 0; s < filterColumns; s++) {
          const q = column * stride[1] - padding[1] + s * dilation[1];
          if (q < 0 || q >= outWidth) continue;
          const to = ((n * outHeight + p) * outWidth + q) * outChannels + first;
          const from = ((c * filterRows + r) * filterColumns + s) * depth;
          for (let k = 0; k < depth; k++) sums[to + k] += x.data[i] * w.data[from + k];
        }
      }
    }
    y.data.set(sums);
  },
};
