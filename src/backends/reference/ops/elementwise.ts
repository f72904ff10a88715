import { mix } from '../../../base/rng.ts';
import type { Shape } from '../../../graph/value.ts';
import { rectify, type Kernel } from '../kernel.ts';

export const relu: Kernel<'relu'> = (_, [x], [y]) => {
  for (let i = 0; i < x.data.length; i++) y.data[i] = rectify(x.data[i]);
};

export const reluBackward: Kernel<'relu_backward'> = (_, [dy, y], [dx]) => {
  for (let i = 0; i < dy.data.length; i++) dx.data[i] = y.data[i] > 0 ? dy.data[i] : 0;
};

export const relu6: Kernel<'relu6'> = (_, [x], [y]) => {
  for (let i = 0; i < x.data.length; i++) y.data[i] = Math.min(rectify(x.data[i]), 6);
};

export const relu6Backward: Kernel<'relu6_backward'> = (_, [dy, y], [dx]) => {
  for (let i = 0; i < dy.data.length; i++) dx.data[i] = y.data[i] > 0 && y.data[i] < 6 ? dy.data[i] : 0;
};

export const scale: Kernel<'scale'> = ({ factor }, [x], [y]) => {
  for (let i = 0; i < x.data.length; i++) y.data[i] = factor * x.data[i];
};

export const add: Kernel<'add'> = (attrs, [a, b], [sum]) => {
  for (let i = 0; i < a.data.length; i++) {
    const value = a.data[i] + b.data[i];
    sum.data[i] = attrs.relu ? rectify(value) : value;
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
