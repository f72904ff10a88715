import { activated } from '../../../graph/activation.ts';
import type { Conv2dAttrs, Conv2dOps } from '../../../graph/ops/conv2d.ts';
import type { Shape } from '../../../graph/value.ts';
import { reader, type Kernels } from '../kernel.ts';

/**
 * Convolution and its two gradients. y[n,k,p,q] = Σ x[n, c, p·stride − padding + r·dilation, …] · w[k,c,r,s] is a sum of
 * products of triples (x, w, y), the same triples in all three:
 * y[…] += x·w,   dx[…] += dy·w,   dw[…] += dy·x.
 * Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016; groups as in PyTorch.
 */
export const conv2dKernels: Kernels<Conv2dOps> = {
  conv2d: (attrs, inputs, [y]) => {
    const read = reader(inputs);
    const x = read.next();
    const w = read.next();
    const bias = read.nextIf(attrs.bias);
    const residual = read.nextIf(attrs.residual);
    const outChannels = y.shape[1];
    const sums = new Float64Array(y.data.length);
    forEachTap(attrs, x.shape, w.shape, y.shape, (xi, wi, yi, length) => {
      let sum = 0;
      for (let c = 0; c < length; c++) sum += x.data[xi + c] * w.data[wi + c];
      sums[yi] += sum;
    });
    for (let i = 0; i < sums.length; i++) {
      let value = sums[i];
      if (bias) value += bias.data[i % outChannels];
      if (residual) value += residual.data[i];
      y.data[i] = activated(attrs.activation, value);
    }
  },

  conv2d_backward_input: (attrs, [dy, w, residual], [dx]) => {
    const sums = new Float64Array(dx.data.length);
    if (attrs.residual) sums.set(residual.data);
    forEachTap(attrs, dx.shape, w.shape, dy.shape, (xi, wi, yi, length) => {
      const gradient = dy.data[yi];
      for (let c = 0; c < length; c++) sums[xi + c] += gradient * w.data[wi + c];
    });
    dx.data.set(sums);
  },

  conv2d_backward_weight: (attrs, [dy, x], [dw]) => {
    const sums = new Float64Array(dw.data.length);
    forEachTap(attrs, x.shape, dw.shape, dy.shape, (xi, wi, yi, length) => {
      const gradient = dy.data[yi];
      for (let c = 0; c < length; c++) sums[wi + c] += gradient * x.data[xi + c];
    });
    dw.data.set(sums);
  },
};

/**
 * Visits every output element with every tap of the kernel that lies inside the picture. A tap is `length` = C/G
 * channels in a row, from index `xi` of x (N×H×W×C) and `wi` of w (K×R×S×C/G); `yi` is the index in y (N×P×Q×K).
 */
function forEachTap(
  { stride, padding, dilation, groups }: Conv2dAttrs,
  [batch, inChannels, height, width]: Shape,
  [, groupIn, kernelHeight, kernelWidth]: Shape,
  [, outChannels, outHeight, outWidth]: Shape,
  visit: (xi: number, wi: number, yi: number, length: number) => void,
): void {
  const groupOut = outChannels / groups;
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        for (let r = 0; r < kernelHeight; r++) {
          const h = p * stride[0] - padding[0] + r * dilation[0];
          if (h < 0 || h >= height) continue;
          for (let s = 0; s < kernelWidth; s++) {
            const v = q * stride[1] - padding[1] + s * dilation[1];
            if (v < 0 || v >= width) continue;
            const pixel = ((n * height + h) * width + v) * inChannels;
            for (let k = 0; k < outChannels; k++) {
              const group = Math.floor(k / groupOut);
              const xi = pixel + group * groupIn;
              const wi = ((k * kernelHeight + r) * kernelWidth + s) * groupIn;
              const yi = ((n * outHeight + p) * outWidth + q) * outChannels + k;
              visit(xi, wi, yi, groupIn);
            }
          }
        }
      }
    }
  }
}
