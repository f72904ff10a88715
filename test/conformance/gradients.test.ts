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
 * Numerical differentiation. The loss is Σ weights·output with random weights; its gradient along each element of each input,
 * (8 (L(x + ε) − L(x − ε)) − (L(x + 2ε) − L(x − 2ε))) / 12ε, is compared with what the op's recorded gradient nodes compute. Both run on
 * the reference, which stores outputs in f32. What that rounds away of them is known, and may be missing in the difference: where a
 * gradient's terms happen to cancel, it is much beside what is left.
 */
const epsilon = 2 ** -5;
const tolerance = 2e-4;
const backend = createReferenceBackend();
const definitions: { readonly [K in OpName]: Definition<K> } = ops;

/** Its rule is that of three ops together, which `sync-batch-norm.test.ts` holds against that of one. */
const throughOthers: readonly OpName[] = ['batch_norm_elemt'];

test('every op with a gradient rule is differentiated here', () => {
  const names = Object.keys(ops) as OpName[]; // The keys of a table typed by OpName.
  const differentiable = names.filter((op) => definitions[op].gradient !== undefined);
  expect([...Object.keys(gradientCases), ...throughOthers].sort()).toEqual(differentiable.sort());
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
      const { expected, rounding } = await differences(op, one, weights, index);
      const label = `input ${index} of ${op} ${one.note ?? ''} ${JSON.stringify(one.attrs)}`;
      const floor = 0.05;
      const size = Math.max(Math.hypot(...expected), floor * Math.sqrt(expected.length));
      const rounded = Math.hypot(...rounding) / size;
      expect(relativeDistance(gradient, expected, floor), label).toBeLessThan(tolerance + rounded);
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

interface Differences {
  readonly expected: Float32Array;
  /** How far f32's rounding of outputs may have moved each number, at most. */
  readonly rounding: Float32Array;
}

async function differences(
  op: OpName,
  one: Case<OpName>,
  weights: Drawn,
  index: number,
): Promise<Differences> {
  const { length } = one.inputs[index].data;
  const found = { expected: new Float32Array(length), rounding: new Float32Array(length) };
  for (let element = 0; element < length; element++) {
    const at = async (step: number): Promise<Float32Array> =>
      (await runOp(backend, op, moved(one, index, element, step))).outputs[0];
    const near = [await at(epsilon), await at(-epsilon)];
    const far = [await at(2 * epsilon), await at(-2 * epsilon)];
    let [loss, rounding] = [0, 0];
    for (const [i, weight] of weights.data.entries()) {
      const [a, b, c, d] = [...near, ...far].map((output) => output[i]);
      const change = 8 * (a - b) - (c - d);
      loss += weight * change;
      // An output that does not depend on the element was rounded the same way each time.
      if (a === b && c === d) continue;
      rounding += Math.abs(weight) * (8 * (Math.abs(a) + Math.abs(b)) + Math.abs(c) + Math.abs(d)) * 2 ** -24;
    }
    found.expected[element] = loss / (12 * epsilon);
    found.rounding[element] = rounding / (12 * epsilon);
  }
  return found;
}

function moved(one: Case<OpName>, index: number, element: number, step: number): Case<OpName> {
  const inputs = one.inputs.map(({ shape, data }) => ({ shape, data: data.slice() }));
  inputs[index].data[element] += step;
  return { ...one, inputs };
}
