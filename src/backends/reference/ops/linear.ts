import type { LinearOps } from '../../../graph/ops/linear.ts';
import { reader, type Kernels } from '../kernel.ts';

export const linearKernels: Kernels<LinearOps> = {
  linear: (attrs, inputs, [y]) => {
    const read = reader(inputs);
    const x = read.next();
    const w = read.next();
    const bias = read.nextIf(attrs.bias);
    const [batch, features] = x.shape;
    const outFeatures = w.shape[0];
    for (let n = 0; n < batch; n++) {
      for (let k = 0; k < outFeatures; k++) {
        let sum = bias ? bias.data[k] : 0;
        for (let f = 0; f < features; f++) sum += x.data[n * features + f] * w.data[k * features + f];
        y.data[n * outFeatures + k] = sum;
      }
    }
  },

  linear_backward_input: (_, [dy, w], [dx]) => {
    const [batch, outFeatures] = dy.shape;
    const features = w.shape[1];
    for (let n = 0; n < batch; n++) {
      for (let f = 0; f < features; f++) {
        let sum = 0;
        for (let k = 0; k < outFeatures; k++) sum += dy.data[n * outFeatures + k] * w.data[k * features + f];
        dx.data[n * features + f] = sum;
      }
    }
  },

  linear_backward_weight: (_, [dy, x], [dw]) => {
    const [batch, outFeatures] = dy.shape;
    const features = x.shape[1];
    for (let k = 0; k < outFeatures; k++) {
      for (let f = 0; f < features; f++) {
        let sum = 0;
        for (let n = 0; n < batch; n++) sum += dy.data[n * outFeatures + k] * x.data[n * features + f];
        dw.data[k * features + f] = sum;
      }
    }
  },
};
