import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Lowering } from '../call.ts';
import { noFinish } from './finish.ts';
import { packedBytes, productCalls } from './product.ts';
import type { Product } from './product.ts';
import { weightGradientCalls, workspaceFor } from './weight-gradient.ts';

/** `linear` is a 1×1 convolution of one long row of N places with F channels. */
const pointwise: Conv2dAttrs = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };

export const linear: Lowering<'linear'> = {
  workspaceBytes: ({ inputs }) => {
    const [outFeatures, features] = inputs[1].shape;
    return packedBytes(1, 1, features, outFeatures);
  },
  calls: ({ attrs, inputs, outputs, workspace, keep }) => {
    const [x, w, bias] = inputs;
    const [outFeatures, features] = w.shape;
    return productCalls({
      ...row(x.shape[0], features, outFeatures, x.address, outputs[0].address),
      weights: { buffer: w, innerStride: 1, columnStride: features, groupStride: 0 },
      bias: attrs.bias ? bias.address : undefined,
      workspace,
      keep,
    });
  },
};

export const linearBackwardInput: Lowering<'linear_backward_input'> = {
  workspaceBytes: ({ inputs }) => {
    const [outFeatures, features] = inputs[1].shape;
    return packedBytes(1, 1, outFeatures, features);
  },
  calls: ({ inputs, outputs, workspace }) => {
    const [dy, w] = inputs;
    const [outFeatures, features] = w.shape;
    return productCalls({
      ...row(dy.shape[0], outFeatures, features, dy.address, outputs[0].address),
      weights: { buffer: w, innerStride: features, columnStride: 1, groupStride: 0 },
      workspace,
    });
  },
};

export const linearBackwardWeight: Lowering<'linear_backward_weight'> = {
  workspaceBytes: ({ inputs }) => {
    const [batch, outFeatures] = inputs[0].shape;
    return workspaceFor({ groups: 1, k: outFeatures, columns: inputs[1].shape[1], rows: batch });
  },
  calls: ({ inputs, outputs, workspace }) => {
    const [dy, x] = inputs;
    return weightGradientCalls({
      attrs: pointwise,
      kernel: [1, 1],
      batch: 1,
      out: { address: dy.address, size: [1, dy.shape[0]], channels: dy.shape[1] },
      source: { address: x.address, size: [1, x.shape[0]], channels: x.shape[1] },
      gradient: outputs[0].address,
      workspace,
    });
  },
};

/** batch×inner times inner×columns, without the weights. */
function row(batch: number, inner: number, columns: number, source: number, out: number) {
  return {
    groups: 1,
    inner,
    columns,
    taps: [{ place: [0, 0], weights: 0 }],
    source: { address: source, size: [1, batch], channels: inner, step: [1, 1] },
    out: { address: out, size: [1, batch], channels: columns, start: [0, 0], step: [1, 1] },
    batch: 1,
    grid: [1, batch],
    ...noFinish,
  } satisfies Omit<Product, 'weights' | 'workspace'>;
}
