import { afterAll, describe, expect, test } from 'vitest';
import { openBackends } from '../support/backends.ts';
import { runOp } from './single-op.ts';

const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** x, torch.nn.functional.hardsigmoid(x) and its gradient for dy = 0.6, of PyTorch 1.13: at the ends, and one f32 inside of them. */
const ofPyTorch: readonly (readonly [x: number, y: number, dx: number])[] = [
  [-4, 0, 0],
  [-3, 0, 0],
  [-2.999999761581421, 3.973643103449831e-8, 0.10000000894069672],
  [-1.5, 0.25, 0.10000000894069672],
  [-0.30000001192092896, 0.45000001788139343, 0.10000000894069672],
  [0, 0.5, 0.10000000894069672],
  [0.699999988079071, 0.6166666746139526, 0.10000000894069672],
  [1.25, 0.7083333134651184, 0.10000000894069672],
  [2.999999761581421, 1, 0.10000000894069672],
  [3, 1, 0],
  [4, 1, 0],
  [NaN, NaN, 0],
];

describe.each(kinds)('hardsigmoid on $name', ({ backends: [backend] }) => {
  const shape = [ofPyTorch.length];
  const x = { shape, data: Float32Array.from(ofPyTorch, ([value]) => value) };

  test('gives what PyTorch gives', async () => {
    const [y] = (await runOp(backend, 'hardsigmoid', { attrs: {}, inputs: [x] })).outputs;
    ofPyTorch.forEach(([at, expected], i) => {
      if (Number.isNaN(expected)) expect(y[i], `at ${at}`).toBeNaN();
      else expect(Math.abs(y[i] - expected), `at ${at}`).toBeLessThanOrEqual(1e-7 * expected);
    });
  });

  test('passes the gradient on where PyTorch does', async () => {
    const dy = { shape, data: new Float32Array(shape[0]).fill(0.6) };
    const [dx] = (await runOp(backend, 'hardsigmoid_backward', { attrs: {}, inputs: [dy, x] })).outputs;
    ofPyTorch.forEach(([at, , expected], i) => {
      expect(Math.abs(dx[i] - expected), `at ${at}`).toBeLessThanOrEqual(1e-7 * expected);
    });
  });
});
