import type { OpDefinition } from '../op.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectShape } from './check.ts';

/** Ops of the `accumulate` and `update` step lists: they write their first inputs in place and are never differentiated. */

export const accumulate: OpDefinition<'accumulate'> = {
  infer(shapes) {
    expectInputs('accumulate', shapes, 3);
    expectShape('accumulate', 'a gradient', shapes[1], shapes[0]);
    return [];
  },
  mutates: () => [0],
};

export const gradientNorm: OpDefinition<'gradient_norm'> = {
  infer: () => [[1], [1]],
};

/** torch.optim.SGD; with Nesterov, Sutskever et al. 2013 as PyTorch writes it. */
export const sgd: OpDefinition<'sgd'> = {
  infer(shapes, { momentum, clip }) {
    expectInputs('sgd', shapes, 3 + Number(momentum) + Number(clip));
    sameAsParameter('sgd', shapes, momentum ? 3 : 2);
    expectShape('sgd', 'hyper', shapes[momentum ? 3 : 2], [3]);
    return [];
  },
  mutates: ({ momentum }) => (momentum ? [0, 2] : [0]),
};

/** Loshchilov and Hutter 2019. */
export const adamw: OpDefinition<'adamw'> = {
  infer(shapes, { clip }) {
    expectInputs('adamw', shapes, 5 + Number(clip));
    sameAsParameter('adamw', shapes, 4);
    expectShape('adamw', 'hyper', shapes[4], [8]);
    return [];
  },
  mutates: () => [0, 2, 3],
};

export const ema: OpDefinition<'ema'> = {
  infer(shapes) {
    expectInputs('ema', shapes, 3);
    sameAsParameter('ema', shapes, 2);
    expectShape('ema', 'hyper', shapes[2], [2]);
    return [];
  },
  mutates: () => [0],
};

function sameAsParameter(op: string, shapes: readonly Shape[], count: number): void {
  for (const shape of shapes.slice(1, count))
    expectShape(op, 'a tensor like its parameter', shape, shapes[0]);
}
