import type { Rng } from '../../../src/base/rng.ts';
import type { LinearOps } from '../../../src/graph/ops/linear.ts';
import { normal, type CasesOf, type GradientCases } from '../case.ts';

/** [N, F, K]: batch 1, tails on every axis, the classifier of CIFAR and a piece of ImageNet's. */
function sizes(rng: Rng): [number, number, number][] {
  return [
    [1, 1, 1],
    [1, 64, 10],
    [5, 33, 7],
    [4, 128, 10],
    [3, 257, 131],
    [17, 40, 65],
    [1 + rng.int(9), 1 + rng.int(90), 1 + rng.int(90)],
  ];
}

export const linearCases: CasesOf<LinearOps> = {
  linear: (rng) =>
    sizes(rng).flatMap(([n, f, k]) =>
      [true, false].map((bias) => ({
        attrs: { bias },
        inputs: [normal(rng, [n, f]), normal(rng, [k, f]), ...(bias ? [normal(rng, [k])] : [])],
      })),
    ),

  linear_backward_input: (rng) =>
    sizes(rng).map(([n, f, k]) => ({ attrs: {}, inputs: [normal(rng, [n, k]), normal(rng, [k, f])] })),

  linear_backward_weight: (rng) =>
    sizes(rng).map(([n, f, k]) => ({ attrs: {}, inputs: [normal(rng, [n, k]), normal(rng, [n, f])] })),
};

export const linearGradientCases = {
  linear: (rng) =>
    [true, false].map((bias) => ({
      attrs: { bias },
      inputs: [normal(rng, [3, 4]), normal(rng, [5, 4]), ...(bias ? [normal(rng, [5])] : [])],
    })),
} satisfies GradientCases<LinearOps>;
