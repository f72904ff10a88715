import type { OpDefinition } from '../op.ts';
import { expectInputs, expectShape } from './check.ts';

export const relu: OpDefinition<'relu'> = {
  infer(shapes) {
    expectInputs('relu', shapes, 1);
    return [shapes[0]];
  },
  gradient(graph, { outputs }, [dy]) {
    return dy === undefined ? [] : [graph.apply1('relu_backward', [dy, outputs[0]], {})];
  },
};

/** Uses the output, not the input: y > 0 exactly where x > 0, and y is what the next layer keeps anyway. */
export const reluBackward: OpDefinition<'relu_backward'> = {
  infer(shapes) {
    expectInputs('relu_backward', shapes, 2);
    expectShape('relu_backward', 'dy', shapes[0], shapes[1]);
    return [shapes[0]];
  },
};
