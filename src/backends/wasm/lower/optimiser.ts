import type { Lowering } from '../call.ts';
import { sizeOf } from './chunks.ts';
import { elementwise } from './elementwise.ts';

export const accumulate: Lowering<'accumulate'> = {
  calls: ({ inputs: [accumulator, gradient, scale] }) => [
    elementwise(
      'accumulate',
      [accumulator.address, gradient.address, scale.address],
      sizeOf(accumulator.shape),
    ),
  ],
};

export const sgd: Lowering<'sgd'> = {
  calls({ attrs, inputs }) {
    const [parameter, gradient] = inputs;
    const velocity = attrs.momentum ? inputs[2].address : 0;
    const next = attrs.momentum ? 3 : 2;
    const clip = attrs.clip ? inputs[next + 1].address : 0;
    const flags = [attrs.momentum && attrs.nesterov ? 1 : 0, attrs.decay ? 1 : 0];
    const args = [parameter.address, gradient.address, velocity, inputs[next].address, clip, ...flags];
    return [elementwise('sgd', args, sizeOf(parameter.shape))];
  },
};

export const adamw: Lowering<'adamw'> = {
  calls({ attrs, inputs }) {
    const [parameter, gradient, m, v, hyper] = inputs;
    const clip = attrs.clip ? inputs[5].address : 0;
    const args = [parameter.address, gradient.address, m.address, v.address, hyper.address, clip];
    return [elementwise('adamw', [...args, attrs.decay ? 1 : 0], sizeOf(parameter.shape))];
  },
};

export const ema: Lowering<'ema'> = {
  calls: ({ inputs: [average, current, decay] }) => [
    elementwise('ema', [average.address, current.address, decay.address], sizeOf(average.shape)),
  ],
};
