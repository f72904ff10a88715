import type { Definitions } from '../op.ts';
import { expect, expectInputs, expectShape } from './check.ts';

export interface DropoutOps {
  /**
   * (x, seed 1) → x·keep/(1−p). Element i in *PyTorch's* order (N, C, H, W) is kept iff
   * mix(mix(seed ^ stream) + i) ≥ p·2³², with `mix` of `base/rng.ts`, so no mask is stored: the gradient is the same op on dy.
   * `seed` holds an integer below 2²⁴, written anew by the host for every step. Where x is a part of a larger tensor (the pictures
   * of one of several ranks), i counts on from `offset`, the number of its first element, so that the part is dropped as in the whole.
   */
  dropout: { readonly p: number; readonly stream: number; readonly offset: number };
}

export const dropoutOps: Definitions<DropoutOps> = {
  /** Inverted dropout (Srivastava et al. 2014). Linear in x with a mask drawn from the seed, so it is its own gradient. */
  dropout: {
    infer(shapes, { p, offset }) {
      expectInputs('dropout', shapes, 2);
      expect('dropout', p >= 0 && p < 1, 'a probability p with 0 ≤ p < 1', String(p));
      expectShape('dropout', 'a seed', shapes[1], [1]);
      expect('dropout', Number.isInteger(offset) && offset >= 0, 'a whole offset', String(offset));
      return [shapes[0]];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('dropout', [dy, inputs[1]], attrs)];
    },
  },
};
