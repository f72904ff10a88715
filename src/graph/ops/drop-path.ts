import type { Definitions } from '../op.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface DropPathOps {
  /**
   * (x N×…, seed 1) → x·keep/(1−p), whole pictures: picture n is kept iff mix(mix(seed ^ stream) + offset + n) ≥ p·2³², with `mix` of
   * `base/rng.ts`. `seed` is `dropout`'s. Where x has the pictures of one of several ranks, n counts on from `offset`.
   */
  drop_path: { readonly p: number; readonly stream: number; readonly offset: number };
}

export const dropPathOps: Definitions<DropPathOps> = {
  /** Stochastic depth (Huang et al. 2016): a residual branch is left out, picture by picture. Its own gradient, as dropout is. */
  drop_path: {
    infer(shapes, { p, offset }) {
      expectInputs('drop_path', shapes, 2);
      expect('drop_path', shapes[0].length > 0, 'a batch N×…', 'scalar');
      expect('drop_path', p >= 0 && p < 1, 'a probability p with 0 ≤ p < 1', String(p));
      expectShape('drop_path', 'a seed', shapes[1], [1]);
      expect('drop_path', Number.isInteger(offset) && offset >= 0, 'a whole offset', String(offset));
      return [shapes[0]];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('drop_path', [dy, inputs[1]], attrs)];
    },
  },
};
