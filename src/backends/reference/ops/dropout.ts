import { mix } from '../../../base/rng.ts';
import type { DropoutOps } from '../../../graph/ops/dropout.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Kernels } from '../kernel.ts';

export const dropoutKernels: Kernels<DropoutOps> = {
  /** Srivastava et al. 2014, scaled in training as everybody does ("inverted"). The mask is a hash, see `OpTable.dropout`. */
  dropout: ({ p, stream, offset }, [x, seed], [y]) => {
    const key = mix(seed.data[0] ^ stream);
    const threshold = p * 2 ** 32;
    for (let i = 0; i < x.data.length; i++) {
      const kept = mix(key + offset + contiguousIndex(i, x.shape)) >= threshold;
      y.data[i] = kept ? x.data[i] / (1 - p) : 0;
    }
  },
};

/** Where element i of the stored array stands in PyTorch's order. */
function contiguousIndex(i: number, shape: Shape): number {
  if (shape.length !== 4) return i;
  const [, channels, height, width] = shape;
  const area = height * width;
  const c = i % channels;
  const pixel = Math.floor(i / channels) % area;
  const n = Math.floor(i / (channels * area));
  return (n * channels + c) * area + pixel;
}
