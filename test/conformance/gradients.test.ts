import { expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { ops, type Definition } from '../../src/graph/ops/index.ts';
import { relativeDistance } from '../support/compare.ts';
import { normal, type Case, type Drawn } from './case.ts';
import { gradientCases } from './cases.ts';
import { plainPlan } from './plain-plan.ts';
import { seed } from '../support/seed.ts';
import { runOp } from './single-op.ts';

/**
 * Numerical differentiation. The loss is Σ weights·output with random weights; its gradient along each element of each
 * input, (L(x + ε) − L(x − ε)) / 2ε, is compared with what the op's recorded gradient nodes compute. Both run on the
 * reference, which stores f32: with ε = 2⁻⁷, rounding and truncation stay some 1e-4 below a gradient of order 1.
 */
const epsilon = 2 ** -7;
const tolerance = 1e-3;
const backend = createReferenceBackend();
const definitions: { readonly [K in OpName]: Definition<K> } = ops;

test('every op with a gradient rule is differentiated here', () => {
  const names = Object.keys(ops) as OpName[]; // The keys of a table typed by OpName.
  const differentiable = names.filter((op) => definitions[op].gradient !== undefined);
  expect(Object.keys(gradientCases).sort()).toEqual(differentiable.sort());
});

const names = Object.keys(gradientCases) as OpName[]; // Likewise.
test.each(names)(`gradient of %s (CARDINAL_SEED=${seed})`, async (op) => {
  const rng = Rng.of(seed, 'gradients', op);
  const cases: readonly Case<OpName>[] = gradientCases[op]?.(rng) ?? [];
  expect(cases.length).toBeGreaterThan(0);
  for (const one of cases) {
    const weights = normal(rng, outputShape(op, one));
    const gradients = await recordedGradients(op, one, weights);
    expect(gradients.some((gradient) => gradient !== undefined)).toBe(true);
    for (const [index, gradient] of gradients.entries()) {
      if (gradient === undefined) continue;
      const expected = await centralDifferences(op, one, weights, index);
      const label = `input ${index} of ${op} ${one.note ?? ''} ${JSON.stringify(one.attrs)}`;
      expect(relativeDistance(gradient, expected, 0.05), label).toBeLessThan(tolerance);
    }
  }
});

function outputShape(op: OpName, { attrs, inputs }: Case<OpName>): readonly number[] {
  const definition: Definition<OpName> = definitions[op];
  return definition.infer(
    inputs.map(({ shape }) => shape),
    attrs,
  )[0];
}

/** The gradient of each input by the op's own rule; undefined where it says that none flows. */
async function recordedGradients(
  op: OpName,
  { attrs, inputs }: Case<OpName>,
  weights: Drawn,
): Promise<(Float32Array | undefined)[]> {
  const graph = new Graph();
  const values = inputs.map(({ shape }, index) => graph.input(`in${index}`, shape));
  graph.apply(op, values, attrs);
  const dy = graph.input('dy', weights.shape);
  const definition: Definition<OpName> = definitions[op];
  const gradients = definition.gradient?.(graph, graph.nodes[0], [dy]) ?? [];
  const program = await backend.load(plainPlan(graph, `gradient of ${op}`, 0));
  values.forEach(({ name }, index) => {
    program.write(name, inputs[index].data);
  });
  program.write('dy', weights.data);
  await program.run('forward');
  const computed: (Float32Array | undefined)[] = [];
  for (const gradient of gradients) {
    computed.push(gradient === undefined ? undefined : await program.read(gradient.name));
  }
  return computed;
}

async function centralDifferences(
  op: OpName,
  one: Case<OpName>,
  weights: Drawn,
  index: number,
): Promise<Float32Array> {
  const gradient = new Float32Array(one.inputs[index].data.length);
  for (let element = 0; element < gradient.length; element++) {
    const above = await lossAt(op, moved(one, index, element, epsilon), weights);
    const below = await lossAt(op, moved(one, index, element, -epsilon), weights);
    gradient[element] = (above - below) / (2 * epsilon);
  }
  return gradient;
}

async function lossAt(op: OpName, one: Case<OpName>, weights: Drawn): Promise<number> {
  const { outputs } = await runOp(backend, op, one);
  return outputs[0].reduce((sum, value, i) => sum + value * weights.data[i], 0);
}

function moved(one: Case<OpName>, index: number, element: number, step: number): Case<OpName> {
  const inputs = one.inputs.map(({ shape, data }) => ({ shape, data: data.slice() }));
  inputs[index].data[element] += step;
  return { ...one, inputs };
}
