import { describe, expect, it } from 'vitest';
import { checkClaims, overall, verdictSentence, type Claim } from '../../src/study/claims.ts';
import type { Outcome } from '../../src/study/outcome.ts';
import { contrast, estimate, estimateText, studentT } from '../../src/study/statistics.ts';

function outcomes(arms: Readonly<Record<string, readonly number[]>>): Outcome[] {
  return Object.entries(arms).flatMap(([arm, errors]) =>
    errors.map((testError, seed) => ({ arm, seed, values: { testError }, epochs: [], seconds: 1 })),
  );
}

const claim: Claim = {
  claim: 'b is better than a',
  measure: 'testError',
  contrast: { a: 1, b: -1 },
  what: 'points',
  published: 1.7,
};

describe('estimate', () => {
  it('is the mean and s/√n', () => {
    // Squares of the differences from 3.5: 6.25 + 2.25 + 0.25 + 12.25 = 21, so s² is 7.
    expect(estimate([1, 2, 4, 7])).toEqual({ n: 4, mean: 3.5, standardError: Math.sqrt(7 / 4) });
    expect(estimate([5])).toEqual({ n: 1, mean: 5, standardError: undefined });
    expect(estimate([])).toBeUndefined();
    expect(estimateText(estimate([1, 2, 4, 7]), 2)).toBe('3.50 ± 1.32');
    expect(estimateText(estimate([5]), 1)).toBe('5.0');
  });

  it("has Student's quantiles, never too small ones", () => {
    expect([1, 2, 10, 30, 1000].map(studentT)).toEqual([12.706, 4.303, 2.228, 2.042, 1.98]);
    expect(studentT(29)).toBe(2.06);
    expect(studentT(0)).toBe(Infinity);
  });
});

describe('contrast', () => {
  it('equals a two-sample t-test for two arms', () => {
    // scipy.stats.ttest_ind([10, 12, 14], [9, 9, 12]): difference 2, pooled variance 3.5, t = 1.3093.
    const found = contrast(outcomes({ a: [10, 12, 14], b: [9, 9, 12] }), 'testError', { a: 1, b: -1 });
    expect(found?.value).toBeCloseTo(2, 12);
    expect(2 / (found?.standardError ?? 0)).toBeCloseTo(1.309307341415952, 10);
    expect(found?.margin).toBeCloseTo(2.776 * 1.5275252316519465, 10);
  });

  it('takes the spread of all arms, and needs two runs of one and one of each', () => {
    const weights = { a: 1, b: -1 };
    expect(contrast(outcomes({ a: [10], b: [9], c: [1, 3] }), 'testError', weights)?.standardError).toBe(2);
    expect(contrast(outcomes({ a: [10], b: [9] }), 'testError', weights)).toBeUndefined();
    expect(contrast(outcomes({ a: [10, 11] }), 'testError', weights)).toBeUndefined();
  });
});

describe('verdicts', () => {
  it.each([
    ['agrees', { a: [30, 31, 32], b: [20, 21, 22] }],
    ['disagrees', { a: [20, 21, 22], b: [30, 31, 32] }],
    ['cannot tell', { a: [30, 31, 32], b: [29, 31, 32] }],
    ['cannot tell', { a: [40], b: [10] }],
    ['cannot tell', { a: [40, 41] }],
  ] as const)('%s', (verdict, arms) => {
    const checked = checkClaims(outcomes(arms), [claim]);
    expect(checked).toMatchObject([{ verdict, published: '+1.70 points' }]);
    expect(overall(checked)).toBe(verdict);
  });

  it('say what is missing', () => {
    expect(checkClaims(outcomes({ a: [40], b: [10] }), [claim])[0].found).toMatch(/two or more/);
    expect(checkClaims(outcomes({ a: [40, 41] }), [claim])[0].found).toMatch(/^b has no run/);
  });

  it('are as good as the worst of the claims', () => {
    const checked = (...verdicts: ('agrees' | 'disagrees' | 'cannot tell')[]) =>
      verdicts.map((verdict) => ({ claim: '', found: '', verdict }));
    expect(verdictSentence(checked('agrees', 'agrees'), 'at scale small')).toBe(
      'This run agrees with the paper at scale small: all 2 claims hold.',
    );
    expect(verdictSentence(checked('agrees', 'cannot tell'), '')).toMatch(
      /^This run cannot tell.*1 came out/,
    );
    expect(verdictSentence(checked('agrees', 'disagrees', 'cannot tell'), '')).toMatch(
      /does not agree.*3 claims, 1/,
    );
    expect(overall([])).toBe('cannot tell');
  });
});
