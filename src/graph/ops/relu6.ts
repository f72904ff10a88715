import type { OpDefinition } from '../op.ts';
import { expectInputs, expectShape } from './check.ts';

/** ReLU that stops at 6, so that few bits hold what it gives (Krizhevsky 2010; MobileNets in TensorFlow and timm). */
export const relu6: OpDefinition<'relu6'> = {
  infer(shapes) {
    expectInputs('relu6', shapes, 1);
    return [shapes[0]];
  },
  gradient(graph, { outputs }, [dy]) {
    return dy === undefined ? [] : [graph.apply1('relu6_backward', [dy, outputs[0]], {})];
  },
};

/** Uses the output, not the input: 0 < y < 6 exactly where 0 < x < 6, where PyTorch lets the gradient through. */
export const relu6Backward: OpDefinition<'relu6_backward'> = {
  infer(shapes) {
    expectInputs('relu6_backward', shapes, 2);
    expectShape('relu6_backward', 'dy', shapes[0], shapes[1]);
    return [shapes[0]];
  },
};
