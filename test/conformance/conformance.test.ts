import { afterAll, describe, expect, test } from 'vitest';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';
import type { Case } from './case.ts';
import { runOp, takes } from './single-op.ts';
import { ConformanceSuite, opNames } from './suite.ts';

const suite = new ConformanceSuite(seed);
const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

test.each(opNames)('%s has a case', (op) => {
  expect(suite.casesOf(op).length).toBeGreaterThan(0);
});

describe.each(kinds)('$name computes as the reference does', (kind) => {
  test.each(opNames)(`%s (CARDINAL_SEED=${seed})`, async (op) => {
    expect(await suite.failures(kind, op)).toEqual([]);
  });
});

test('a residual is added to the gradient of any convolution', async () => {
  const op = 'conv2d_backward_input';
  const all = await suite.expectedOf(op);
  const drawn = suite.casesOf(op) as readonly Case<typeof op>[];
  const withResidual = drawn.flatMap((one, index) => (one.attrs.residual ? [{ one, index }] : []));
  expect(withResidual.length).toBe(all.length / 2);
  for (const { one, index } of withResidual) {
    const { attrs, inputs } = one;
    const bare = { attrs: { ...attrs, residual: false }, inputs: inputs.slice(0, 2) };
    const [dx] = (await runOp(suite.reference, op, bare)).outputs;
    const sum = dx.map((value, place) => value + inputs[2].data[place]);
    const [whole] = all[index].expected.outputs;
    expect(relativeDistance(whole, sum), suite.describe(one)).toBeLessThan(1e-6);
  }
});

test('what a backend does not take it refuses, before anything is computed', async () => {
  const op = 'conv2d_backward_input';
  const [wasm] = kinds.filter(({ name }) => name.startsWith('wasm')).flatMap(({ backends }) => backends);
  const refused = (await suite.expectedOf(op)).find(({ one }) => !takes(wasm, op, one));
  await expect(runOp(wasm, op, refused?.one as Case<typeof op>)).rejects.toThrow(
    /the wasm backend cannot compute op "conv2d_backward_input" with a residual/,
  );
});
