import type { Rng } from '../../../src/base/rng.ts';
import type { SoftmaxCrossEntropyOps } from '../../../src/graph/ops/softmax-cross-entropy.ts';
import {
  coin,
  normal,
  tensor,
  uniform,
  vector,
  type CasesOf,
  type Drawn,
  type GradientCases,
} from '../case.ts';

interface Batch {
  readonly logits: Drawn;
  readonly target: Drawn;
  readonly labelSmoothing: number;
  readonly note: string;
}

function batches(rng: Rng): Batch[] {
  const batch = (note: string, n: number, k: number, deviation: number): Batch => ({
    logits: normal(rng, [n, k], 0, deviation),
    target: coin(rng) ? oneHot(rng, n, k) : mixed(rng, n, k),
    labelSmoothing: coin(rng) ? 0 : 0.1,
    note,
  });
  return [
    batch('batch 1', 1, 10, 2),
    batch('one class', 3, 1, 1),
    batch('class tails', 7, 5, 2),
    batch('ImageNet', 2, 1000, 2),
    batch('logits that overflow exp', 6, 11, 200),
    { ...batch('smoothed, hard', 8, 10, 2), target: oneHot(rng, 8, 10), labelSmoothing: 0.1 },
    { ...batch('hard', 33, 10, 2), target: oneHot(rng, 33, 10), labelSmoothing: 0 },
    { ...batch('soft', 8, 10, 2), target: mixed(rng, 8, 10), labelSmoothing: 0 },
  ];
}

function oneHot(rng: Rng, n: number, k: number): Drawn {
  const data = new Float32Array(n * k);
  for (let row = 0; row < n; row++) data[row * k + rng.int(k)] = 1;
  return { shape: [n, k], data };
}

/** What mixup makes: two classes share a row. */
function mixed(rng: Rng, n: number, k: number): Drawn {
  const data = new Float32Array(n * k);
  for (let row = 0; row < n; row++) {
    const share = rng.float();
    data[row * k + rng.int(k)] += share;
    data[row * k + rng.int(k)] += 1 - share;
  }
  return { shape: [n, k], data };
}

export const softmaxCrossEntropyCases: CasesOf<SoftmaxCrossEntropyOps> = {
  softmax_cross_entropy: (rng) =>
    batches(rng).map(({ logits, target, labelSmoothing, note }) => ({
      attrs: { labelSmoothing },
      inputs: [logits, target],
      note,
    })),

  softmax_cross_entropy_backward: (rng) =>
    batches(rng).map(({ logits, target, labelSmoothing, note }) => ({
      attrs: { labelSmoothing },
      inputs: [logits, target, coin(rng) ? vector(1) : tensor([1], () => rng.uniform(0.1, 2))],
      note,
    })),
};

export const softmaxCrossEntropyGradientCases = {
  softmax_cross_entropy: (rng) =>
    [0, 0.1].map((labelSmoothing) => ({
      attrs: { labelSmoothing },
      inputs: [normal(rng, [4, 5]), probabilities(rng, 4, 5)],
    })),
} satisfies GradientCases<SoftmaxCrossEntropyOps>;

function probabilities(rng: Rng, n: number, k: number): Drawn {
  const { data } = uniform(rng, [n, k], 0, 1);
  for (let row = 0; row < n; row++) {
    const total = data.subarray(row * k, (row + 1) * k).reduce((a, b) => a + b, 0);
    for (let i = row * k; i < (row + 1) * k; i++) data[i] /= total;
  }
  return { shape: [n, k], data };
}
