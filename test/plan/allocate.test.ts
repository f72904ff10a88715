import { expect, test } from 'vitest';
import { roundUp } from '../../src/base/round-up.ts';
import { Rng } from '../../src/base/rng.ts';
import { allocate, type Interval } from '../../src/plan/allocate.ts';
import { seed } from '../support/seed.ts';

test.each([64, 256])(
  `buffers alive together never overlap, at multiples of %i (CARDINAL_SEED=${seed})`,
  (alignment) => {
    const rng = Rng.of(seed, 'allocate');
    for (let round = 0; round < 50; round++) {
      const intervals: Interval[] = Array.from({ length: 1 + rng.int(40) }, () => {
        const first = rng.int(30);
        return { bytes: 1 + rng.int(5000), first, last: first + rng.int(10) };
      });
      const { offsets, bytes } = allocate(intervals, alignment);
      intervals.forEach((a, i) => {
        expect(offsets[i] % alignment).toBe(0);
        expect(offsets[i] + a.bytes).toBeLessThanOrEqual(bytes);
        intervals.forEach((b, j) => {
          const together = a.first <= b.last && b.first <= a.last;
          const disjoint = offsets[i] + a.bytes <= offsets[j] || offsets[j] + b.bytes <= offsets[i];
          expect(i === j || !together || disjoint).toBe(true);
        });
      });
      const alive = (step: number) =>
        intervals
          .filter(({ first, last }) => first <= step && step <= last)
          .reduce((sum, interval) => sum + roundUp(interval.bytes, alignment), 0);
      const floor = Math.max(...Array.from({ length: 41 }, (_, step) => alive(step)));
      expect(bytes).toBeGreaterThanOrEqual(floor);
      expect(bytes).toBeLessThanOrEqual(
        intervals.reduce((sum, interval) => sum + roundUp(interval.bytes, alignment), 0),
      );
    }
  },
);

test('a chain of equal buffers needs two places', () => {
  const chain = Array.from({ length: 10 }, (_, step) => ({ bytes: 64, first: step, last: step + 1 }));
  expect(allocate(chain, 64).bytes).toBe(128);
});

test('nothing to place takes nothing', () => {
  expect(allocate([], 64)).toEqual({ offsets: [], bytes: 0 });
});
