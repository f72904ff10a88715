import type { ChannelsOps } from '../../../graph/ops/channels.ts';
import type { Kernels, Tensor } from '../kernel.ts';

/** Ops that move whole channels: with channels last, a run of channels of one pixel is contiguous. */
export const channelsKernels: Kernels<ChannelsOps> = {
  concat: (_, inputs, [y]) => {
    let start = 0;
    for (const x of inputs) {
      const length = x.shape[1];
      copyChannels(x, 0, y, start, length);
      start += length;
    }
  },

  slice_channels: ({ start, length }, [x], [y]) => {
    copyChannels(x, start, y, 0, length);
  },

  /** He et al. 2015 (arXiv 1512.03385), section 3.3, shortcut A: extra channels are zero. */
  pad_channels: ({ before }, [x], [y]) => {
    y.data.fill(0);
    copyChannels(x, 0, y, before, x.shape[1]);
  },
};

function copyChannels(from: Tensor, fromStart: number, to: Tensor, toStart: number, length: number): void {
  const pixels = from.data.length / from.shape[1];
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < length; c++) {
      to.data[pixel * to.shape[1] + toStart + c] = from.data[pixel * from.shape[1] + fromStart + c];
    }
  }
}
