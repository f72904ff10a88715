import type { Rng } from '../../../src/base/rng.ts';
import type { ElementaryOps } from '../../../src/graph/ops/elementary.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { normal, uniform, withNaN, type CasesOf, type Drawn, type GradientCases } from '../case.ts';

const shapes: readonly Shape[] = [[1], [7, 10], [2, 3, 5, 7], [70_000]];

/** Of any numbers, far from 0, and NaN; of positive ones alone, where the function has no others. */
function inputs(rng: Rng, positive: boolean): readonly Drawn[] {
  const drawn = (shape: Shape, size: number): Drawn =>
    positive ? uniform(rng, shape, 1e-3, size) : normal(rng, shape, 0, size);
  return [...shapes.map((shape) => drawn(shape, 3)), withNaN(drawn([4, 9], positive ? 1e6 : 8))];
}

const forward = (positive: boolean) => (rng: Rng) =>
  inputs(rng, positive).map((x) => ({ attrs: {}, inputs: [x] }));
const backward = (positive: boolean) => (rng: Rng) =>
  inputs(rng, positive).map((x) => ({ attrs: {}, inputs: [normal(rng, x.shape), x] }));

export const elementaryCases: CasesOf<ElementaryOps> = {
  ...{ exp: forward(false), exp_backward: backward(false) },
  ...{ log: forward(true), log_backward: backward(true) },
  ...{ abs: forward(false), abs_backward: backward(false) },
  ...{ sqrt: forward(true), sqrt_backward: backward(true) },
  ...{ softplus: forward(false), softplus_backward: backward(false) },
};

const somePositive = (rng: Rng) => [{ attrs: {}, inputs: [uniform(rng, [3, 4], 0.5, 3)] }];
const some = (rng: Rng) => [{ attrs: {}, inputs: [normal(rng, [3, 4])] }];

export const elementaryGradientCases = {
  ...{ exp: some, log: somePositive, abs: somePositive, sqrt: somePositive, softplus: some },
} satisfies GradientCases<ElementaryOps>;
