import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { ActivationAttrs } from '../../src/graph/ops/activation.ts';
import type { MoreActivationName } from '../../src/graph/more-activations.ts';
import { openBackends } from '../support/backends.ts';
import { runOp } from './single-op.ts';

/** x, f(x) and the gradient for dy = 0.6, of PyTorch 1.13: see scripts/fixtures/activations.py. */
type Row = readonly [x: number, y: number, dx: number];

const file = new URL('../fixtures/activations.json', import.meta.url);
const ofPyTorch = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<MoreActivationName, Row[]>>;
const names = Object.keys(ofPyTorch) as MoreActivationName[]; // The keys of a table typed by them.

const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** A millionth of what is expected, and what cancels in the tails of PyTorch, whose double has no more digits. */
const allowed = (expected: number): number => 1e-6 * Math.abs(expected) + 1e-14;

describe.each(kinds)('$name', ({ backends: [backend] }) => {
  test.each(names)('%s gives what PyTorch gives, and passes its gradient on', async (name) => {
    const rows = ofPyTorch[name];
    const shape = [rows.length + 1];
    const attrs: ActivationAttrs<MoreActivationName> = name === 'leaky_relu' ? { negativeSlope: 0.01 } : {};
    const x = { shape, data: Float32Array.from([...rows.map(([at]) => at), NaN]) };
    const dy = { shape, data: new Float32Array(shape[0]).fill(0.6) };
    const [y] = (await runOp(backend, name, { attrs, inputs: [x] })).outputs;
    const [dx] = (await runOp(backend, `${name}_backward`, { attrs, inputs: [dy, x] })).outputs;
    rows.forEach(([at, value, gradient], i) => {
      expect(Math.abs(y[i] - value), `f(${at})`).toBeLessThanOrEqual(allowed(value));
      expect(Math.abs(dx[i] - gradient), `gradient at ${at}`).toBeLessThanOrEqual(allowed(gradient) + 1e-7);
    });
    expect(y[rows.length]).toBeNaN();
  });
});
