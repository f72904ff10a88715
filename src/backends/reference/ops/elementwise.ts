import { mix } from '../../../base/rng.ts';
import { activated, activations } from '../../../graph/activation.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Kernel } from '../kernel.ts';

export const relu: Kernel<'relu'> = (_, [x], [y]) => {
  for (let i = 0; i < x.data.length; i++) y.data[i] = activations.relu.value(x.data[i]);
};

export const reluBackward: Kernel<'relu_backward'> = (_, [dy, y], [dx]) => {
  for (let i = 0; i < dy.data.length; i++) dx.data[i] = activations.relu.gradient(dy.data[i], y.data[i]);
};

export const relu6: Kernel<'relu6'> = (_, [x], [y]) => {
  for (let i = 0; i < x.data.length; i++) y.data[i] = activations.relu6.value(x.data[i]);
};

export const relu6Backward: Kernel<'relu6_backward'> = (_, [dy, y], [dx]) => {
  for (let i = 0; i < dy.data.length; i++) dx.data[i] = activations.relu6.gradient(dy.data[i], y.data[i]);
};

export const scale: Kernel<'scale'> = ({ factor }, [x], [y]) => {
  for (let i = 0; i < x.data.length; i++) y.data[i] = factor * x.data[i];
};

export const add: Kernel<'add'> = (attrs, [a, b], [sum]) => {
  for (let i = 0; i < a.data.length; i++) {
    sum.data[i] = activated(attrs.activation, a.data[i] + b.data[i]);
  }
};

/** Srivastava et al. 2014, scaled in training as everybody does ("inverted"). The mask is a hash, see `OpTable.dropout`. */
export const dropout: Kernel<'dropout'> = ({ p, stream }, [x, seed], [y]) => {
  const key = mix(seed.data[0] ^ stream);
  const threshold = p * 2 ** 32;
  for (let i = 0; i < x.data.length; i++) {
    const kept = mix(key + contiguousIndex(i, x.shape)) >= threshold;
    y.data[i] = kept ? x.data[i] / (1 - p) : 0;
  }
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
