import { expect, test } from 'vitest';
import { toChannelsLast, toContiguous } from '../../src/backends/channels-last.ts';

test('a 2×3×1×2 tensor in both orders, worked by hand', () => {
  const contiguous = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  const channelsLast = Float32Array.of(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11);
  expect(toChannelsLast(contiguous, [2, 3, 1, 2])).toEqual(channelsLast);
  expect(toContiguous(channelsLast, [2, 3, 1, 2])).toEqual(contiguous);
});

test('other ranks keep their order, and the result is a copy', () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const same = toChannelsLast(data, [2, 3]);
  expect(same).toEqual(data);
  expect(same).not.toBe(data);
});

test('there and back gives the same tensor', () => {
  const shape = [3, 5, 4, 7];
  const data = Float32Array.from({ length: 3 * 5 * 4 * 7 }, (_, i) => i);
  expect(toContiguous(toChannelsLast(data, shape), shape)).toEqual(data);
});
