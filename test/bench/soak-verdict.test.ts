import { describe, expect, test } from 'vitest';
import type { Sample } from '../../bench/soak/samples.ts';
import { stretches, trend } from '../../bench/soak/trend.ts';
import { judge } from '../../bench/soak/verdict.ts';
import { Rng } from '../../src/base/rng.ts';

test('a trend is the line of least squares, with the interval of its slope', () => {
  // Anscombe's first set, whose published fit is y = 3 + 0.5 x with a standard error of 0.118 for the slope.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  const { slope, margin } = trend(x.map((value, index) => ({ x: value, y: y[index] })));
  expect(slope).toBeCloseTo(0.5001, 4);
  // Student's t for 9 degrees of freedom is 2.262.
  expect(margin / 2.262).toBeCloseTo(0.1179, 4);
  expect(() => trend([{ x: 0, y: 0 }])).toThrow(RangeError);
});

test('means over stretches keep the line', () => {
  const line = Array.from({ length: 100 }, (_, i) => ({ x: i, y: 3 * i + 1 }));
  const few = stretches(line, 7);
  expect(few).toHaveLength(7);
  expect(trend(few).slope).toBeCloseTo(3, 10);
});

describe('of an hour of samples', () => {
  const hour = (change: (hours: number) => Partial<Sample>): Sample[] =>
    Array.from({ length: 1200 }, (_, i) => {
      const seconds = 3 * i;
      const rng = Rng.of(1, i);
      return {
        seconds,
        rss: 450e6 + 40e6 * rng.normal(),
        heap: 40e6,
        external: 5e6,
        arrays: 1e6,
        descriptors: 26,
        threads: 20 + rng.int(5),
        atRest: i % 20 === 0,
        ...change(seconds / 3600),
      };
    });
  const faults = (samples: Sample[]): readonly string[] =>
    judge(samples, [samples[400], samples[1199]]).faults;

  test('noise is no growth', () => {
    expect(faults(hour(() => ({})))).toEqual([]);
  });

  test('memory that warms up in the first third is no growth', () => {
    expect(faults(hour((hours) => ({ rss: 450e6 + 200e6 * Math.min(1 / 3, hours) })))).toEqual([]);
  });

  test.each([
    ['resident memory', (hours: number) => ({ rss: 450e6 + 80e6 * hours })],
    ['garbage collection', (hours: number) => ({ heap: 40e6 + 15e6 * hours })],
    ['file descriptors', (hours: number) => ({ descriptors: 26 + Math.floor(4 * hours) })],
    ['threads', (hours: number) => ({ threads: 20 + Math.floor(4 * hours) })],
  ])('%s that grow are told', (what, change) => {
    const found = faults(hour(change));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(what);
  });
});
