import type { GlobalResponseNormOps } from '../../../graph/ops/global-response-norm.ts';
import type { Kernels, Tensor } from '../kernel.ts';
import { sumByChannel } from './channel-sum.ts';

export const globalResponseNormKernels: Kernels<GlobalResponseNormOps> = {
  /** Global response normalisation, Woo et al. 2023 (arXiv 2301.00808), with timm's γ and β. */
  global_response_norm: ({ eps }, [x, gamma, beta], [y, norm]) => {
    forEachImage(x, (n, first, size, channels) => {
      const norms = sumByChannel(channels, size, (i) => x.data[first + i] ** 2).map(Math.sqrt);
      const divisor = norms.reduce((sum, one) => sum + one, 0) / channels + eps;
      norm.data.set(norms, n * channels);
      for (let i = first; i < first + size; i++) {
        const c = i % channels;
        y.data[i] = x.data[i] + gamma.data[c] * ((x.data[i] * norms[c]) / divisor) + beta.data[c];
      }
    });
  },

  global_response_norm_backward: ({ eps }, [dy, x, gamma, norm], [dx, dgamma, dbeta]) => {
    const dgammas = new Float64Array(gamma.data.length);
    forEachImage(x, (n, first, size, channels) => {
      const norms = norm.data.subarray(n * channels, (n + 1) * channels);
      const divisor = norms.reduce((sum, one) => sum + one, 0) / channels + eps;
      const products = sumByChannel(channels, size, (i) => dy.data[first + i] * x.data[first + i]);
      let shared = 0;
      for (let c = 0; c < channels; c++) {
        dgammas[c] += (products[c] * norms[c]) / divisor;
        shared += gamma.data[c] * products[c] * norms[c];
      }
      const slope = (c: number): number =>
        norms[c] === 0
          ? 0
          : ((gamma.data[c] * products[c]) / divisor - shared / (channels * divisor ** 2)) / norms[c];
      for (let i = first; i < first + size; i++) {
        const c = i % channels;
        dx.data[i] = dy.data[i] * (1 + (gamma.data[c] * norms[c]) / divisor) + x.data[i] * slope(c);
      }
    });
    dgamma.data.set(dgammas);
    dbeta.data.set(sumByChannel(gamma.data.length, dy.data.length, (i) => dy.data[i]));
  },
};

/** Visits each picture: its number, where its elements begin, how many there are, and its channels. */
function forEachImage(
  { shape: [images, channels], data }: Tensor,
  visit: (n: number, first: number, size: number, channels: number) => void,
): void {
  const size = data.length / images;
  for (let n = 0; n < images; n++) visit(n, n * size, size, channels);
}
