import type { ShuffleOps } from '../../../graph/ops/shuffle.ts';
import type { Kernels } from '../kernel.ts';

export const shuffleKernels: Kernels<ShuffleOps> = {
  channel_shuffle: ({ groups }, [x], [y]) => {
    const channels = x.shape[1];
    const perGroup = channels / groups;
    for (let i = 0; i < x.data.length; i++) {
      const c = i % channels;
      const from = (c % groups) * perGroup + Math.floor(c / groups);
      y.data[i] = x.data[i - c + from];
    }
  },

  split: ({ lengths }, [x], outputs) => {
    const channels = x.shape[1];
    let first = 0;
    outputs.forEach(({ data }, part) => {
      const length = lengths[part];
      for (let i = 0; i < data.length; i++) {
        data[i] = x.data[Math.floor(i / length) * channels + first + (i % length)];
      }
      first += length;
    });
  },
};
