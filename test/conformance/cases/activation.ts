import { activationNames, activations, type ActivationName } from '../../../src/graph/activation.ts';
import type { ActivationAttrs, ActivationOps } from '../../../src/graph/ops/activation.ts';
import {
  awayFrom,
  elementwiseShapes,
  normal,
  withNaN,
  type Cases,
  type CasesOf,
  type GradientCases,
} from '../case.ts';

/** Where each activation bends, or is to be differentiated around, and normal numbers on all sides of that. */
const drawn: Readonly<Record<ActivationName, { mean: number; deviation: number; kinks: readonly number[] }>> =
  {
    relu: { mean: 0, deviation: 1, kinks: [0] },
    relu6: { mean: 3, deviation: 4, kinks: [0, 6] },
    hardsigmoid: { mean: 0, deviation: 4, kinks: [-3, 3] },
    silu: { mean: 0, deviation: 4, kinks: [0] },
    hardswish: { mean: 0, deviation: 4, kinks: [-3, 0, 3] },
    sigmoid: { mean: 0, deviation: 4, kinks: [0] },
    gelu: { mean: 0, deviation: 2, kinks: [0] },
    gelu_tanh: { mean: 0, deviation: 2, kinks: [0] },
    leaky_relu: { mean: 0, deviation: 1, kinks: [0] },
  };

/** Attributes that a case of an activation may have: those of leaky ReLU do not suit the others, nor the other way round. */
function attrsOf(name: ActivationName): readonly ActivationAttrs<ActivationName>[] {
  return name === 'leaky_relu' ? [0.01, 0.3, 0, -0.5, 2].map((negativeSlope) => ({ negativeSlope })) : [{}];
}

export const activationCases = Object.fromEntries(
  activationNames.flatMap((name) => [
    [name, forward(name)],
    [`${name}_backward`, backward(name)],
  ]),
) as CasesOf<ActivationOps>; // By construction: `Object.fromEntries` forgets the keys.

export const activationGradientCases: GradientCases<ActivationOps> = Object.fromEntries(
  activationNames.map((name) => [name, differentiated(name)]),
);

function forward(name: ActivationName): Cases<ActivationName> {
  const { mean, deviation } = drawn[name];
  return (rng) =>
    attrsOf(name).flatMap((attrs) => [
      ...elementwiseShapes(rng).map((shape) => ({ attrs, inputs: [normal(rng, shape, mean, deviation)] })),
      { attrs, inputs: [withNaN(normal(rng, [2, 4, 3, 3], mean, deviation))], note: 'NaN stays' },
    ]);
}

function backward(name: ActivationName): Cases<`${ActivationName}_backward`> {
  const { mean, deviation } = drawn[name];
  const { slopeFrom, value } = activations[name];
  return (rng) =>
    attrsOf(name).flatMap((attrs) =>
      elementwiseShapes(rng).map((shape) => {
        const x = normal(rng, shape, mean, deviation);
        const at = slopeFrom === 'x' ? x : { shape, data: x.data.map((number) => value(number)) };
        return { attrs, inputs: [normal(rng, shape), at] };
      }),
    );
}

function differentiated(name: ActivationName): Cases<ActivationName> {
  return (rng) =>
    attrsOf(name).flatMap((attrs) =>
      drawn[name].kinks.map((kink) => ({
        attrs,
        inputs: [awayFrom(rng, kink, [2, 3, 2, 2])],
        note: `around ${kink}`,
      })),
    );
}
