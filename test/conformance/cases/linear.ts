import type { Rng } from '../../../src/base/rng.ts';
import { normal, type Cases } from '../case.ts';

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

export const flatten: Cases<'flatten'> = (rng) =>
  [
    [1, 1, 1, 1],
    [3, 20, 1, 1],
    [2, 5, 4, 3],
    [2, 16, 7, 7],
    [4, 9],
  ].map((shape) => ({ attrs: {}, inputs: [normal(rng, shape)] }));

export const flattenBackward: Cases<'flatten_backward'> = (rng) =>
  [[1, 1, 1], [20, 1, 1], [5, 4, 3], [16, 7, 7], [9]].map((size) => ({
    attrs: { size },
    inputs: [normal(rng, [3, size.reduce((a, b) => a * b, 1)])],
  }));

export const linear: Cases<'linear'> = (rng) =>
  sizes(rng).flatMap(([n, f, k]) =>
    [true, false].map((bias) => ({
      attrs: { bias },
      inputs: [normal(rng, [n, f]), normal(rng, [k, f]), ...(bias ? [normal(rng, [k])] : [])],
    })),
  );

export const linearBackwardInput: Cases<'linear_backward_input'> = (rng) =>
  sizes(rng).map(([n, f, k]) => ({ attrs: {}, inputs: [normal(rng, [n, k]), normal(rng, [k, f])] }));

export const linearBackwardWeight: Cases<'linear_backward_weight'> = (rng) =>
  sizes(rng).map(([n, f, k]) => ({ attrs: {}, inputs: [normal(rng, [n, k]), normal(rng, [n, f])] }));
