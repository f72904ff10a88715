import type { OpDefinition } from '../op.ts';
import { expect, expectInputs, expectShape } from './check.ts';

/** Inverted dropout (Srivastava et al. 2014). Linear in x with a mask drawn from the seed, so it is its own gradient. */
export const dropout: OpDefinition<'dropout'> = {
  infer(shapes, { p }) {
    expectInputs('dropout', shapes, 2);
    expect('dropout', p >= 0 && p < 1, 'a probability p with 0 ≤ p < 1', String(p));
    expectShape('dropout', 'a seed', shapes[1], [1]);
    return [shapes[0]];
  },
  gradient(graph, { attrs, inputs }, [dy]) {
    return dy === undefined ? [] : [graph.apply1('dropout', [dy, inputs[1]], attrs)];
  },
};
