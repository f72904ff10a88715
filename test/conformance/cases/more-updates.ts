import type { Rng } from '../../../src/base/rng.ts';
import type { MoreUpdateOps } from '../../../src/graph/ops/more-updates.ts';
import { coin, flags, normal, uniform, vector, type CasesOf } from '../case.ts';
import { shapes } from './update.ts';

/** β or α, and what is left of 1. */
function share(rng: Rng, usual: number): [number, number] {
  const kept = coin(rng) ? usual : rng.float();
  return [kept, 1 - kept];
}

export const moreUpdateCases: CasesOf<MoreUpdateOps> = {
  rmsprop: (rng) =>
    flags(4).flatMap(([momentum, tensorflow, decay, clip]) =>
      shapes(rng).map((shape) => ({
        attrs: { momentum, tensorflow, decay, clip },
        inputs: [
          normal(rng, shape),
          normal(rng, shape),
          uniform(rng, shape, 0.01, 1),
          ...(momentum ? [normal(rng, shape, 0, 0.1)] : []),
          vector(rng.uniform(1e-3, 0.1), ...share(rng, 0.9), 1e-3, 0.9, rng.uniform(1e-5, 0.1)),
          ...(clip ? [vector(rng.float())] : []),
        ],
      })),
    ),

  lion: (rng) =>
    flags(2).flatMap(([decay, clip]) =>
      shapes(rng).map((shape) => ({
        attrs: { decay, clip },
        inputs: [
          normal(rng, shape),
          // Nothing so near to 0 that its sign would hang on a rounding.
          uniform(rng, shape, 0.5, 1),
          uniform(rng, shape, 0.01, 0.1),
          vector(rng.uniform(1e-4, 1e-2), 1e-4, ...share(rng, 0.9), ...share(rng, 0.99)),
          ...(clip ? [vector(rng.uniform(0.1, 1))] : []),
        ],
      })),
    ),

  lamb: (rng) =>
    flags(2).flatMap(([decay, clip]) =>
      [...shapes(rng), [64, 32, 3, 3]].map((shape) => {
        const [beta1, rest1] = share(rng, 0.9);
        const [beta2, rest2] = share(rng, 0.999);
        const step = 1 + rng.int(100);
        return {
          attrs: { decay, clip },
          inputs: [
            normal(rng, shape),
            normal(rng, shape),
            normal(rng, shape, 0, 0.1),
            uniform(rng, shape, 0.01, 0.1),
            vector(
              ...[rng.uniform(1e-3, 0.1), rng.uniform(1e-3, 0.1), 1e-6, 1 / Math.sqrt(1 - beta2 ** step)],
              ...[beta1, rest1, beta2, rest2, 1 / (1 - beta1 ** step)],
            ),
            ...(clip ? [vector(rng.float())] : []),
          ],
        };
      }),
    ),
};
