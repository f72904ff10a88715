import type { Rng } from '../../../src/base/rng.ts';
import type { UpdateOps } from '../../../src/graph/ops/update.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { coin, flags, normal, uniform, vector, withNaN, type CasesOf } from '../case.ts';

export function shapes(rng: Rng): Shape[] {
  return [[1], [37], [16, 4, 3, 3], [1 + rng.int(30), 1 + rng.int(9), 1 + rng.int(4), 1 + rng.int(4)]];
}

export const updateCases: CasesOf<UpdateOps> = {
  accumulate: (rng) =>
    shapes(rng).flatMap((shape) => [
      { attrs: {}, inputs: [normal(rng, shape), normal(rng, shape), vector(1)] },
      { attrs: {}, inputs: [normal(rng, shape), normal(rng, shape), vector(rng.float())] },
      {
        attrs: {},
        inputs: [withNaN(normal(rng, shape)), normal(rng, shape), vector(0)],
        note: '0 overwrites NaN',
      },
    ]),

  gradient_norm: (rng) =>
    [0.5, 1e6].flatMap((maxNorm) => [
      { attrs: {}, inputs: [normal(rng, [1]), vector(maxNorm)] },
      { attrs: {}, inputs: [...shapes(rng).map((shape) => normal(rng, shape)), vector(maxNorm)] },
      { attrs: {}, inputs: [normal(rng, [64, 32, 3, 3], 0, 1e-3), normal(rng, [3]), vector(maxNorm)] },
    ]),

  sgd: (rng) =>
    flags(4).flatMap(([momentum, nesterov, decay, clip]) => {
      if (nesterov && !momentum) return [];
      return shapes(rng).map((shape) => ({
        attrs: { momentum, nesterov, decay, clip },
        inputs: [
          normal(rng, shape),
          normal(rng, shape),
          ...(momentum ? [normal(rng, shape)] : []),
          vector(rng.uniform(0.01, 0.5), 0.9, rng.uniform(1e-4, 0.1)),
          ...(clip ? [vector(rng.float())] : []),
        ],
      }));
    }),

  adamw: (rng) =>
    flags(2).flatMap(([decay, clip]) =>
      shapes(rng).map((shape) => {
        const [beta1, beta2] = coin(rng) ? [0.9, 0.999] : [rng.float(), rng.float()];
        const step = 1 + rng.int(100);
        return {
          attrs: { decay, clip },
          inputs: [
            normal(rng, shape),
            normal(rng, shape),
            normal(rng, shape, 0, 0.1),
            uniform(rng, shape, 0, 0.1),
            vector(
              ...[rng.uniform(1e-3, 0.1) / (1 - beta1 ** step), 1e-3, 1e-8, 1 / Math.sqrt(1 - beta2 ** step)],
              ...[beta1, 1 - beta1, beta2, 1 - beta2],
            ),
            ...(clip ? [vector(rng.float())] : []),
          ],
        };
      }),
    ),

  ema: (rng) =>
    [0.999, 0.5, 0.1, 0].flatMap((decay) =>
      shapes(rng).map((shape) => ({
        attrs: {},
        inputs: [normal(rng, shape), normal(rng, shape), vector(decay, 1 - decay)],
      })),
    ),
};
