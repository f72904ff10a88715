import { describe, expect, it } from 'vitest';
import { rowsOf, slopeOf, timesText } from '../../studio/src/paper/shortcut-words.ts';
import { separable, sharesOf, speedOf, wordsOf } from '../../studio/src/paper/times-words.ts';

/** A network of 10 layers and a classifier, whose gradients are these. */
const look = (norms: readonly number[]) => ({
  steps: 0,
  loss: 2.3,
  layers: [...norms, 1000].map((norm, at) => ({ parameter: `p${at}`, depth: at + 1, norm, weightNorm: 2 })),
});

describe('what is said of gradients', () => {
  it('compares the first fifth of the layers with the last, and leaves the classifier out', () => {
    expect(slopeOf(look([8, 2, 9, 9, 9, 9, 9, 9, 0.5, 2]))).toBeCloseTo(4, 10);
    expect(slopeOf(look(Array<number>(10).fill(3)))).toBeCloseTo(1, 10);
  });

  it.each([
    [1.2, 'about as large'],
    [0.8, 'about as large'],
    [3.14, '3.1 times as large'],
    [0.25, '4.0 times smaller'],
    [12_345, '12,000 times as large'],
    [NaN, 'not a number any more'],
  ])('%f is "%s"', (slope, text) => {
    expect(timesText(slope)).toBe(text);
  });

  it('becomes a table', () => {
    const rows = rowsOf([['without', look([1, 2])]]);
    expect(rows).toHaveLength(4);
    expect(rows[1]).toEqual(['without', 0, 'p0', 1, 1, 2]);
  });
});

const layer = { what: 'layer', channels: 4, size: 2, batch: 2 } as const;
const times = [
  { groups: 1, width: 4, macs: 1000, forward: 10, step: 30 },
  { groups: 2, width: 2, macs: 500, forward: 6, step: 20 },
  { groups: 4, width: 1, macs: 250, forward: 6, step: 18 },
  { groups: undefined, width: 4, macs: 111, forward: 2, step: 6 },
];

describe('what is said of times', () => {
  it('has them as shares of one group’s', () => {
    expect(sharesOf(times)[2]).toEqual({ groups: 4, counted: 0.25, forward: 0.6, step: 0.6 });
  });

  it('knows how fast it was: 2 pictures of 1000 in 10 ms, and thrice that in 30', () => {
    expect(speedOf(times[0], 'forward', layer)).toBe(200_000);
    expect(speedOf(times[0], 'step', layer)).toBe(200_000);
  });

  it('says where count and clock part', () => {
    expect(wordsOf(layer, times)).toMatch(
      /^4 groups leave 25 % of the work and 60 % of the time, 2\.4 times/,
    );
    expect(wordsOf(layer, times)).toContain('They part at 4 groups');
    expect(wordsOf(layer, times.slice(0, 2))).toContain('follows the count');
    expect(wordsOf({ ...layer, what: 'block' }, times)).toContain('the slowest, of 1 groups, 1.0 times');
  });

  it('puts depthwise and 1×1 together', () => {
    expect(separable(times)).toEqual({ counted: 0.361, measured: 0.8, channels: 4 });
    expect(separable(times.slice(0, 3))).toBeUndefined();
  });
});
