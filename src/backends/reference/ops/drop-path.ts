import { mix } from '../../../base/rng.ts';
import type { DropPathOps } from '../../../graph/ops/drop-path.ts';
import type { Kernels } from '../kernel.ts';

export const dropPathKernels: Kernels<DropPathOps> = {
  /** Huang et al. 2016, scaled in training as timm does it. Which pictures are dropped is a hash, see `OpTable.drop_path`. */
  drop_path: ({ p, stream, offset }, [x, seed], [y]) => {
    const key = mix(seed.data[0] ^ stream);
    const size = x.data.length / x.shape[0];
    for (let i = 0; i < x.data.length; i++) {
      const kept = mix(key + offset + Math.floor(i / size)) >= p * 2 ** 32;
      y.data[i] = kept ? x.data[i] / (1 - p) : 0;
    }
  },
};
