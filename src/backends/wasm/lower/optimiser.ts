import { accumulate as accumulateArgs } from '../args/elementwise.ts';
import * as kernels from '../args/optimiser.ts';
import { call, type Lowering } from '../call.ts';
import { elementsOf } from './elementwise.ts';

export const accumulate: Lowering<'accumulate'> = {
  calls({ inputs: [accumulator, gradient, scale] }) {
    const { chunks, elements } = elementsOf(accumulator.shape);
    const addresses = { accumulator: accumulator.address, gradient: gradient.address, scale: scale.address };
    return [call(accumulateArgs, chunks, { ...addresses, ...elements })];
  },
};

export const sgd: Lowering<'sgd'> = {
  calls({ attrs: { momentum, nesterov, decay, clip }, inputs }) {
    const [parameter, gradient, ...rest] = inputs;
    const [hyper, coefficient] = rest.slice(momentum ? 1 : 0);
    const { chunks, elements } = elementsOf(parameter.shape);
    return [
      call(kernels.sgd, chunks, {
        ...{ parameter: parameter.address, gradient: gradient.address },
        ...{ velocity: momentum ? rest[0].address : undefined, hyper: hyper.address },
        ...{ clip: clip ? coefficient.address : undefined, nesterov: momentum && nesterov, decay },
        ...elements,
      }),
    ];
  },
};

export const adamw: Lowering<'adamw'> = {
  calls({ attrs: { decay, clip }, inputs: [parameter, gradient, m, v, hyper, coefficient] }) {
    const { chunks, elements } = elementsOf(parameter.shape);
    return [
      call(kernels.adamw, chunks, {
        ...{ parameter: parameter.address, gradient: gradient.address },
        ...{ firstMoment: m.address, secondMoment: v.address, hyper: hyper.address },
        ...{ clip: clip ? coefficient.address : undefined, decay },
        ...elements,
      }),
    ];
  },
};

export const ema: Lowering<'ema'> = {
  calls({ inputs: [average, current, decay] }) {
    const { chunks, elements } = elementsOf(average.shape);
    const addresses = { average: average.address, current: current.address, decay: decay.address };
    return [call(kernels.ema, chunks, { ...addresses, ...elements })];
  },
};
