import type { Rng } from '../../../src/base/rng.ts';
import type { LossOps } from '../../../src/graph/ops/losses.ts';
import { normal, tensor, uniform, vector, type CasesOf, type Drawn, type GradientCases } from '../case.ts';

type Binary = LossOps['binary_cross_entropy_with_logits'];

const plain: Binary = {
  ...{ scale: 1, offset: 0, threshold: null, gamma: 0, alpha: null, posWeight: null },
  sumClasses: false,
};

const forms: readonly (readonly [note: string, attrs: Binary])[] = [
  ['plain', plain],
  ['smoothed', { ...plain, scale: 0.9, offset: 0.05 }],
  ['thresholds', { ...plain, scale: 0.9, offset: 0.01, threshold: 0.2, sumClasses: true }],
  ['focal', { ...plain, gamma: 2, alpha: 0.25 }],
  ['focal, γ below 1', { ...plain, gamma: 0.5, sumClasses: true }],
  ['focal, γ 1.5', { ...plain, gamma: 1.5, alpha: 0.9 }],
];

const weighed: readonly Binary[] = [
  { ...plain, posWeight: [0.25, 1, 7.5] },
  { ...plain, scale: 0.9, offset: 0.05, posWeight: [3, 0, 1], sumClasses: true },
];

function hard(rng: Rng, n: number, k: number): Drawn {
  return tensor([n, k], () => rng.int(2));
}

function binary(rng: Rng) {
  return [
    ...forms.flatMap(([note, attrs]) => [
      { attrs, inputs: [normal(rng, [7, 5], 0, 2), hard(rng, 7, 5)], note },
      { attrs, inputs: [normal(rng, [3, 20], 0, 2), uniform(rng, [3, 20], 0, 1)], note: `${note}, soft` },
      { attrs, inputs: [normal(rng, [6, 11], 0, 300), hard(rng, 6, 11)], note: `${note}, overflows exp` },
    ]),
    ...weighed.map((attrs) => ({
      attrs,
      inputs: [normal(rng, [7, 3], 0, 2), uniform(rng, [7, 3], 0, 1)],
      note: 'positive weights',
    })),
    {
      attrs: weighed[0],
      inputs: [normal(rng, [6, 3], 0, 300), hard(rng, 6, 3)],
      note: 'weights, overflows exp',
    },
    { attrs: plain, inputs: [normal(rng, [2, 9000]), hard(rng, 2, 9000)], note: 'a chunk each' },
    { attrs: plain, inputs: [normal(rng, [9, 1]), hard(rng, 9, 1)], note: 'one label' },
  ];
}

function focal(rng: Rng) {
  const attrs = (gamma: number, labelSmoothing = 0) => ({ gamma, labelSmoothing });
  return [
    { attrs: attrs(2), inputs: [normal(rng, [7, 5], 0, 2), oneHot(rng, 7, 5)], note: 'hard' },
    { attrs: attrs(0, 0.1), inputs: [normal(rng, [8, 10], 0, 2), oneHot(rng, 8, 10)], note: 'γ 0, smoothed' },
    { attrs: attrs(0.5), inputs: [normal(rng, [6, 4]), probabilities(rng, 6, 4)], note: 'γ below 1, soft' },
    { attrs: attrs(2), inputs: [normal(rng, [6, 11], 0, 200), oneHot(rng, 6, 11)], note: 'overflows exp' },
    { attrs: attrs(2), inputs: [normal(rng, [2, 1000], 0, 2), oneHot(rng, 2, 1000)], note: 'ImageNet' },
    { attrs: attrs(2), inputs: [normal(rng, [2, 9000], 0, 2), oneHot(rng, 2, 9000)], note: 'a chunk each' },
  ];
}

function withSeed<T extends { readonly inputs: readonly Drawn[] }>(rng: Rng, cases: readonly T[]): T[] {
  return cases.map((one) => ({ ...one, inputs: [...one.inputs, vector(rng.uniform(0.1, 2))] }));
}

export const lossCases: CasesOf<LossOps> = {
  binary_cross_entropy_with_logits: binary,
  binary_cross_entropy_with_logits_backward: (rng) => withSeed(rng, binary(rng)),
  softmax_focal_loss: focal,
  softmax_focal_loss_backward: (rng) => withSeed(rng, focal(rng)),
};

export const lossGradientCases = {
  binary_cross_entropy_with_logits: (rng) => [
    ...forms.map(([note, attrs]) => ({
      attrs,
      inputs: [
        normal(rng, [4, 5]),
        attrs.threshold !== null ? hard(rng, 4, 5) : uniform(rng, [4, 5], 0.1, 0.9),
      ],
      note,
    })),
    ...weighed.map((attrs) => ({
      attrs,
      inputs: [normal(rng, [4, 3]), uniform(rng, [4, 3], 0.1, 0.9)],
      note: 'positive weights',
    })),
  ],
  softmax_focal_loss: (rng) =>
    [0, 0.5, 2].map((gamma) => ({
      attrs: { gamma, labelSmoothing: 0.1 },
      inputs: [normal(rng, [4, 5]), probabilities(rng, 4, 5)],
    })),
} satisfies GradientCases<LossOps>;

function oneHot(rng: Rng, n: number, k: number): Drawn {
  const data = new Float32Array(n * k);
  for (let row = 0; row < n; row++) data[row * k + rng.int(k)] = 1;
  return { shape: [n, k], data };
}

function probabilities(rng: Rng, n: number, k: number): Drawn {
  const { data } = uniform(rng, [n, k], 0, 1);
  for (let row = 0; row < n; row++) {
    const total = data.subarray(row * k, (row + 1) * k).reduce((a, b) => a + b, 0);
    for (let i = row * k; i < (row + 1) * k; i++) data[i] /= total;
  }
  return { shape: [n, k], data };
}
