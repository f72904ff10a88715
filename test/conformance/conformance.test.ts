import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { ops, type Definition } from '../../src/graph/ops/index.ts';
import { formatShape } from '../../src/graph/value.ts';
import { openBackends } from '../support/backends.ts';
import { firstDifference, relativeDistance } from '../support/compare.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import { runOp, takes, type Result } from './single-op.ts';
import { seed } from '../support/seed.ts';

const reference = createReferenceBackend();
const names = Object.keys(ops) as OpName[]; // The keys of a table typed by OpName.
const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

test.each(names)('%s has a case', (op) => {
  expect(cases[op](Rng.of(seed, op)).length).toBeGreaterThan(0);
});

describe.each(kinds)('$name computes as the reference does', ({ backends, exact }) => {
  test.each(names)(`%s (CARDINAL_SEED=${seed})`, async (op) => {
    let refused = 0;
    for (const [index, { one, expected }] of (await expectedOf(op)).entries()) {
      const label = `${op} case ${index}: ${describeCase(one)}`;
      if (!takes(backends[0], op, one)) {
        refused++;
        continue;
      }
      const results: Result[] = [];
      for (const backend of backends) results.push(await runOp(backend, op, one));
      checkAgainst(results[0], expected, op, one, label);
      results.slice(1).forEach((result, other) => {
        if (!exact) {
          checkAgainst(result, expected, op, one, `${label}, ${backends[other + 1].description}`);
          return;
        }
        const threads = `${backends[0].description} and ${backends[other + 1].description}`;
        expect(differences(result, results[0]), `${label}: differs between ${threads}`).toEqual([]);
      });
    }
    // Every op is computed, if not in every combination.
    const all = await expectedOf(op);
    expect(refused).toBeLessThan(all.length);
    const combines = op === 'conv2d_backward_input' || all.some(({ one }) => 'activation' in one.attrs);
    if (!combines) expect(refused).toBe(0);
  });
});

test('a residual is added to the gradient of any convolution', async () => {
  const op = 'conv2d_backward_input';
  const all = await expectedOf(op);
  const drawn = cases[op](Rng.of(seed, op));
  const withResidual = drawn.flatMap((one, index) => (one.attrs.residual ? [{ one, index }] : []));
  expect(withResidual.length).toBe(all.length / 2);
  for (const { one, index } of withResidual) {
    const { attrs, inputs } = one;
    const bare = { attrs: { ...attrs, residual: false }, inputs: inputs.slice(0, 2) };
    const [dx] = (await runOp(reference, op, bare)).outputs;
    const sum = dx.map((value, place) => value + inputs[2].data[place]);
    const [whole] = all[index].expected.outputs;
    expect(relativeDistance(whole, sum), describeCase(one)).toBeLessThan(1e-6);
  }
});

test('what a backend does not take it refuses, before anything is computed', async () => {
  const op = 'conv2d_backward_input';
  const [wasm] = kinds.filter(({ name }) => name.startsWith('wasm')).flatMap(({ backends }) => backends);
  const refused = (await expectedOf(op)).find(({ one }) => !takes(wasm, op, one));
  await expect(runOp(wasm, op, refused?.one as Case<typeof op>)).rejects.toThrow(
    /the wasm backend cannot compute op "conv2d_backward_input" with a residual/,
  );
});

interface Expected {
  readonly one: Case<OpName>;
  readonly expected: Result;
}

const known = new Map<OpName, Promise<readonly Expected[]>>();

/** The cases of an op and what the reference makes of them, computed once for all that are compared with it. */
function expectedOf(op: OpName): Promise<readonly Expected[]> {
  const found = known.get(op) ?? compute(op);
  known.set(op, found);
  return found;
}

async function compute(op: OpName): Promise<readonly Expected[]> {
  const all: Expected[] = [];
  for (const one of casesOf(op)) all.push({ one, expected: await runOp(reference, op, one) });
  return all;
}

/** Loses which op the cases are of, as a loop over all of them must. */
function casesOf(op: OpName): readonly Case<OpName>[] {
  return cases[op](Rng.of(seed, op));
}

function checkAgainst(actual: Result, expected: Result, op: OpName, one: Case<OpName>, label: string): void {
  const tolerance = one.tolerance ?? 1e-5;
  const definition: Definition<OpName> = ops[op];
  const mutated = definition.mutates?.(one.attrs, one.inputs.length) ?? [];
  expected.outputs.forEach((output, index) => {
    const distance = relativeDistance(actual.outputs[index], output, one.sizes?.[index]);
    expect(distance, `${label}: output ${index}`).toBeLessThan(tolerance);
  });
  expected.inputs.forEach((input, index) => {
    if (mutated.includes(index)) {
      // A step may cancel what was there, whose rounding stays.
      const before = Math.max(1e-3, rootMeanSquare(one.inputs[index].data));
      const distance = relativeDistance(actual.inputs[index], input, before);
      expect(distance, `${label}: input ${index}, written in place`).toBeLessThan(tolerance);
    } else {
      const place = firstDifference(actual.inputs[index], one.inputs[index].data);
      expect(place, `${label}: input ${index} was changed`).toBe(-1);
    }
  });
}

/** Leaves NaNs out. */
function rootMeanSquare(data: Float32Array): number {
  return Math.sqrt(
    data.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value ** 2), 0) / data.length,
  );
}

/** Which buffers differ in any bit, and where first. */
function differences(a: Result, b: Result): string[] {
  const compare = (kind: 'inputs' | 'outputs') =>
    a[kind].flatMap((data, index) => {
      const place = firstDifference(data, b[kind][index]);
      return place < 0 ? [] : [`${kind} ${index} at ${place}: ${data[place]} and ${b[kind][index][place]}`];
    });
  return [...compare('outputs'), ...compare('inputs')];
}

function describeCase({ attrs, inputs, note }: Case<OpName>): string {
  const shapes = inputs.map(({ shape }) => formatShape(shape)).join(', ');
  return `${note === undefined ? '' : `${note}; `}${JSON.stringify(attrs)} of ${shapes} (CARDINAL_SEED=${seed})`;
}
