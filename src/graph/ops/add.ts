import type { OpDefinition } from '../op.ts';
import { throughActivation } from './activation.ts';
import { expectInputs, expectShape } from './check.ts';

/** The sum of a residual and its shortcut: y = F(x) + x (He et al. 2015, eq. 1). */
export const add: OpDefinition<'add'> = {
  infer(shapes) {
    expectInputs('add', shapes, 2);
    expectShape('add', 'a second term', shapes[1], shapes[0]);
    return [shapes[0]];
  },
  gradient(graph, { attrs, outputs }, [dy]) {
    if (dy === undefined) return [];
    const dz = throughActivation(graph, attrs.activation, dy, outputs[0]);
    return [dz, dz];
  },
};
