import type { Rng } from '../../../src/base/rng.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { fused, normal, vector, withNaN, type Cases } from '../case.ts';

function shapes(rng: Rng): Shape[] {
  return [
    [1, 1, 1, 1],
    [2, 3, 5, 7],
    [3, 16, 4, 4],
    [2, 8, 40, 41],
    [5, 11],
    [1 + rng.int(4), 1 + rng.int(40), 1 + rng.int(9), 1 + rng.int(9)],
  ];
}

export const relu: Cases<'relu'> = (rng) => [
  ...shapes(rng).map((shape) => ({ attrs: {}, inputs: [normal(rng, shape)] })),
  { attrs: {}, inputs: [withNaN(normal(rng, [2, 4, 3, 3]))], note: 'NaN stays' },
];

export const reluBackward: Cases<'relu_backward'> = (rng) =>
  shapes(rng).map((shape) => {
    const y = normal(rng, shape);
    return {
      attrs: {},
      inputs: [normal(rng, shape), { shape, data: y.data.map((value) => Math.max(value, 0)) }],
    };
  });

export const relu6: Cases<'relu6'> = (rng) => [
  ...shapes(rng).map((shape) => ({ attrs: {}, inputs: [normal(rng, shape, 3, 4)] })),
  { attrs: {}, inputs: [withNaN(normal(rng, [2, 4, 3, 3], 3, 4))], note: 'NaN stays' },
];

export const relu6Backward: Cases<'relu6_backward'> = (rng) =>
  shapes(rng).map((shape) => {
    const y = normal(rng, shape, 3, 4);
    const clamped = y.data.map((value) => Math.min(Math.max(value, 0), 6));
    return { attrs: {}, inputs: [normal(rng, shape), { shape, data: clamped }] };
  });

export const scale: Cases<'scale'> = (rng) =>
  shapes(rng).flatMap((shape) =>
    [0.17, -2, 0].map((factor) => ({ attrs: { factor }, inputs: [normal(rng, shape)] })),
  );

export const add: Cases<'add'> = (rng) =>
  shapes(rng).flatMap((shape) =>
    fused.map((activation) => ({
      attrs: { activation },
      inputs: [normal(rng, shape), activation === 'none' ? normal(rng, shape) : withNaN(normal(rng, shape))],
    })),
  );

/** The order of elements matters here: rank 4 is counted in PyTorch's order, whatever the storage. */
export const dropout: Cases<'dropout'> = (rng) =>
  shapes(rng).flatMap((shape) =>
    // 1 − 2⁻⁴⁰ keeps none of 2³² hashes, 2⁻⁴⁰ all but one.
    [0, 0.2, 0.5, 0.9, 1 - 2 ** -40, 2 ** -40].map((p) => ({
      attrs: { p, stream: rng.uint32() | 0 },
      inputs: [normal(rng, shape), vector(rng.int(2 ** 24))],
    })),
  );
