import { activationNames, activations, type Activation, type ActivationName } from '../activation.ts';
import type { Definitions, NoAttrs, OpDefinition, Recorder } from '../op.ts';
import type { Value } from '../value.ts';
import { expectInputs, expectShape } from './check.ts';

/** (x) → f(x), any shape, and (dy, at) → dx, where `at` is x or y, by the activation's `slopeFrom`. */
export type ActivationOps = Readonly<Record<ActivationName | `${ActivationName}_backward`, NoAttrs>>;

/** The two ops of every activation, made of its name. */
export const activationOps = Object.fromEntries(
  activationNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as Definitions<ActivationOps>; // By construction: `Object.fromEntries` forgets the keys.

function forward(name: ActivationName): OpDefinition<ActivationName, NoAttrs, ActivationOps> {
  return {
    infer(shapes) {
      expectInputs(name, shapes, 1);
      return [shapes[0]];
    },
    gradient(graph, { inputs, outputs }, [dy]) {
      const [at] = activations[name].slopeFrom === 'y' ? outputs : inputs;
      return dy === undefined ? [] : [graph.apply1(`${name}_backward`, [dy, at], {})];
    },
  };
}

function backward(name: ActivationName): OpDefinition<`${ActivationName}_backward`, NoAttrs, ActivationOps> {
  const op = `${name}_backward`;
  return {
    infer(shapes) {
      expectInputs(op, shapes, 2);
      expectShape(op, 'dy', shapes[0], shapes[1]);
      return [shapes[0]];
    },
  };
}

/** d(loss)/d(what `activation` was applied to), for an op that ends in it and gives `y`. */
export function throughActivation(
  graph: Recorder<ActivationOps>,
  activation: Activation,
  dy: Value,
  y: Value,
): Value {
  return activation === 'none' ? dy : graph.apply1(`${activation}_backward`, [dy, y], {});
}
