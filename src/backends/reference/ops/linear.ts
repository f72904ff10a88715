import { toChannelsLast, toContiguous } from '../../order.ts';
import { reader, type Kernel } from '../kernel.ts';

/** N×H×W×C as stored → N×(C·H·W), PyTorch's order of features, so that a classifier's weight means the same here. */
export const flatten: Kernel<'flatten'> = (_, [x], [y]) => {
  y.data.set(toContiguous(x.data, x.shape));
};

export const flattenBackward: Kernel<'flatten_backward'> = (_, [dy], [dx]) => {
  dx.data.set(toChannelsLast(dy.data, dx.shape));
};

export const linear: Kernel<'linear'> = (attrs, inputs, [y]) => {
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
};

export const linearBackwardInput: Kernel<'linear_backward_input'> = (_, [dy, w], [dx]) => {
  const [batch, outFeatures] = dy.shape;
  const features = w.shape[1];
  for (let n = 0; n < batch; n++) {
    for (let f = 0; f < features; f++) {
      let sum = 0;
      for (let k = 0; k < outFeatures; k++) sum += dy.data[n * outFeatures + k] * w.data[k * features + f];
      dx.data[n * features + f] = sum;
    }
  }
};

export const linearBackwardWeight: Kernel<'linear_backward_weight'> = (_, [dy, x], [dw]) => {
  const [batch, outFeatures] = dy.shape;
  const features = x.shape[1];
  for (let k = 0; k < outFeatures; k++) {
    for (let f = 0; f < features; f++) {
      let sum = 0;
      for (let n = 0; n < batch; n++) sum += dy.data[n * outFeatures + k] * x.data[n * features + f];
      dw.data[k * features + f] = sum;
    }
  }
};
