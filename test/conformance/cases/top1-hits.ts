import type { Rng } from '../../../src/base/rng.ts';
import type { Top1HitsOps } from '../../../src/graph/ops/top1-hits.ts';
import { coarse, normal, tensor, vector, withNaN, type CasesOf, type Drawn } from '../case.ts';

/** Counts are whole numbers: they are the same, not nearly so. */
const exact = { attrs: {}, tolerance: Number.MIN_VALUE };

function labels(rng: Rng, n: number, classes: number): Drawn {
  return tensor([n], () => rng.int(classes));
}

export const top1HitsCases: CasesOf<Top1HitsOps> = {
  top1_hits: (rng) => [
    { ...exact, inputs: [normal(rng, [1, 10]), labels(rng, 1, 10)] },
    { ...exact, inputs: [normal(rng, [3, 1]), labels(rng, 3, 1)], note: 'one class: all hit' },
    { ...exact, inputs: [normal(rng, [200, 3]), labels(rng, 200, 3)] },
    { ...exact, inputs: [normal(rng, [64, 1000]), labels(rng, 64, 1000)], note: 'ImageNet' },
    { ...exact, inputs: [coarse(rng, [200, 7]), labels(rng, 200, 7)], note: 'ties' },
    { ...exact, inputs: [tensor([8, 5], () => -Infinity), labels(rng, 8, 5)], note: 'all −Infinity' },
    { ...exact, inputs: [withNaN(coarse(rng, [1, 5])), vector(2)], note: 'a NaN is the largest' },
    { ...exact, inputs: [withNaN(coarse(rng, [9, 5])), labels(rng, 9, 5)], note: 'a NaN' },
    { ...exact, inputs: [tensor([9, 5], () => NaN), labels(rng, 9, 5)], note: 'nothing but NaN' },
    { ...exact, inputs: [coarse(rng, [4, 3]), vector(-1, 3, NaN, 0.5)], note: 'labels that are no class' },
  ],
};
