import { expect, test } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import type { OpName } from '../../../src/graph/op-table.ts';
import type { Case } from '../../conformance/case.ts';
import { runOp } from '../../conformance/single-op.ts';

/** Corners of pooling where conventions differ; the expected numbers are PyTorch 1.13's. */
const backend = createReferenceBackend();

async function output<K extends OpName>(op: K, one: Case<K>): Promise<number[]> {
  const { outputs } = await runOp(backend, op, one);
  return Array.from(outputs[0]);
}

test('among equal elements the first, row by row, takes the gradient', async () => {
  const attrs = { kernelSize: [2, 2], stride: [1, 1], padding: [0, 0], ceilMode: false } as const;
  const dy = { shape: [1, 1, 2, 2], data: Float32Array.of(1, 10, 100, 1000) };
  const x = { shape: [1, 1, 3, 3], data: Float32Array.of(1, 1, 0, 1, 1, 2, 2, 0, 2) };
  expect(await output('max_pool2d_backward', { attrs, inputs: [dy, x] })).toEqual([
    1, 0, 0, 0, 0, 1010, 100, 0, 0,
  ]);
});

test('NaN is the largest', async () => {
  const attrs = { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false } as const;
  const x = { shape: [1, 1, 2, 2], data: Float32Array.of(1, NaN, 3, 4) };
  expect(await output('max_pool2d', { attrs, inputs: [x] })).toEqual([NaN]);
});

test('ceil mode does not count what lies beyond the padding', async () => {
  const x = { shape: [1, 1, 4, 4], data: Float32Array.from({ length: 16 }, (_, i) => i + 1) };
  const attrs = { kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: true } as const;
  const withPadding = await output('avg_pool2d', { attrs: { ...attrs, countIncludePad: true }, inputs: [x] });
  const without = await output('avg_pool2d', { attrs: { ...attrs, countIncludePad: false }, inputs: [x] });
  const sums = [14, 30, 12, 57, 99, 36, 27, 45, 16];
  // The last windows of a row and a column reach one past the padding, which does not count.
  const sizes = [9, 9, 6, 9, 9, 6, 6, 6, 4];
  expectClose(
    withPadding,
    sums.map((sum, i) => sum / sizes[i]),
  );
  expectClose(without, [3.5, 5, 6, 9.5, 11, 12, 13.5, 15, 16]);
});

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 5);
  });
}
