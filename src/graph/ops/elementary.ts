import { elementaryNames, type ElementaryName } from '../elementary.ts';
import type { Definitions, NoAttrs, OpDefinition } from '../op.ts';
import { expectInputs, expectShape } from './check.ts';

/** (x) → f(x), any shape, and (dy, x) → f′(x)·dy. */
export type ElementaryOps = { readonly [K in ElementaryName as K | `${K}_backward`]: NoAttrs };

/** The two ops of every function, made of its name. */
export const elementaryOps = Object.fromEntries(
  elementaryNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as Definitions<ElementaryOps>; // By construction: `Object.fromEntries` forgets the keys.

function forward(name: ElementaryName): OpDefinition<ElementaryName, NoAttrs, ElementaryOps> {
  return {
    infer(shapes) {
      expectInputs(name, shapes, 1);
      return [shapes[0]];
    },
    gradient(graph, { inputs: [x] }, [dy]) {
      return dy === undefined ? [] : [graph.apply1(`${name}_backward`, [dy, x], {})];
    },
  };
}

function backward(name: ElementaryName): OpDefinition<`${ElementaryName}_backward`, NoAttrs, ElementaryOps> {
  const op = `${name}_backward`;
  return {
    infer(shapes) {
      expectInputs(op, shapes, 2);
      expectShape(op, 'dy', shapes[0], shapes[1]);
      return [shapes[0]];
    },
  };
}
