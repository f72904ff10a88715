import { activationNames, activations, type Activation, type ActivationName } from '../activation.ts';
import { isDifferentiableByResult, type ActivationByResult } from '../fusable.ts';
import type { Definitions, NoAttrs, OpDefinition, Recorder } from '../op.ts';
import type { Value } from '../value.ts';
import { expectInputs, expectShape } from './check.ts';

/** (x) → f(x), any shape, and (dy, at) → dx, where `at` is x or y, by the activation's `slopeFrom`. */
export type ActivationOps = {
  readonly [K in ActivationName as K | `${K}_backward`]: ActivationAttrs<K>;
};

/** `negativeSlope` is what leaky ReLU multiplies numbers below 0 by. */
export type ActivationAttrs<K extends ActivationName> = K extends 'leaky_relu'
  ? { readonly negativeSlope: number }
  : NoAttrs;

/** The two ops of every activation, made of its name. */
export const activationOps = Object.fromEntries(
  activationNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as Definitions<ActivationOps>; // By construction: `Object.fromEntries` forgets the keys.

type AnyAttrs = ActivationAttrs<ActivationName>;

function forward(name: ActivationName): OpDefinition<ActivationName, AnyAttrs, ActivationOps> {
  return {
    infer(shapes) {
      expectInputs(name, shapes, 1);
      return [shapes[0]];
    },
    gradient(graph, { attrs, inputs, outputs }, [dy]) {
      const [at] = activations[name].slopeFrom === 'y' ? outputs : inputs;
      return dy === undefined ? [] : [graph.apply1(`${name}_backward`, [dy, at], attrs)];
    },
  };
}

function backward(name: ActivationName): OpDefinition<`${ActivationName}_backward`, AnyAttrs, ActivationOps> {
  const op = `${name}_backward`;
  return {
    infer(shapes) {
      expectInputs(op, shapes, 2);
      expectShape(op, 'dy', shapes[0], shapes[1]);
      return [shapes[0]];
    },
  };
}

/** d(loss)/d(what `activation` was applied to), for an op that ends in it and gives `y`, where y determines it. */
export function throughActivation(
  graph: Recorder<ActivationOps>,
  activation: Activation,
  dy: Value,
  y: Value,
): Value {
  const known = byResult(activation);
  return known === 'none' ? dy : graph.apply1(`${known}_backward`, [dy, y], {});
}

/** The activation of an op that keeps only what it gives, and is differentiated: `fuse` sees to it that this is enough. */
export function byResult(activation: Activation): ActivationByResult {
  if (isDifferentiableByResult(activation)) return activation;
  throw new Error(`${activation} must not be fused where it is differentiated`);
}
