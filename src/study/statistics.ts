import { sum } from '../base/sum.ts';
import type { Outcome } from './outcome.ts';

/** A mean with how well it is known. */
export interface Estimate {
  readonly n: number;
  readonly mean: number;
  /** Standard error of the mean, s/√n; undefined of a single value. */
  readonly standardError: number | undefined;
}

/** Mean and standard error of some numbers; undefined of none. */
export function estimate(values: readonly number[]): Estimate | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = sum(values) / n;
  const standardError = n < 2 ? undefined : Math.sqrt(squares(values) / (n - 1) / n);
  return { n, mean, standardError };
}

/** The one in the middle, or the mean of the two there; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** 41.20 ± 0.35, or the mean alone where there is no standard error; a dash of nothing. */
export function estimateText(found: Estimate | undefined, digits: number): string {
  if (found === undefined) return '–';
  const { mean, standardError } = found;
  const text = mean.toFixed(digits);
  return standardError === undefined ? text : `${text} ± ${standardError.toFixed(digits)}`;
}

/** The values of one measure that the runs of an arm gave. */
export function valuesOf(outcomes: readonly Outcome[], arm: string, measure: string): number[] {
  return outcomes
    .filter((outcome) => outcome.arm === arm && Object.hasOwn(outcome.values, measure))
    .map(({ values }) => values[measure]);
}

/** Arm → weight; the weights add up to 0. `{ a: 1, b: -1 }` is how much larger a is than b. */
export type Contrast = Readonly<Record<string, number>>;

/** A weighted sum of means, and the least difference from 0 that is significant. */
export interface ContrastEstimate {
  readonly value: number;
  /** Of the sum, from the spread within arms, which all arms of `outcomes` are taken to share. */
  readonly standardError: number;
  /** Half of the 95 % interval: Student's t for the degrees of freedom, times the standard error. */
  readonly margin: number;
}

/**
 * Estimates a contrast. The spread between seeds is pooled over all arms (as an analysis of variance does), because that of
 * three runs alone is hardly known. `undefined` if an arm has no run or no arm has two.
 */
export function contrast(
  outcomes: readonly Outcome[],
  measure: string,
  weights: Contrast,
): ContrastEstimate | undefined {
  const arms = [...new Set(outcomes.map(({ arm }) => arm))].map((arm) => valuesOf(outcomes, arm, measure));
  const freedom = sum(arms.map(({ length }) => Math.max(0, length - 1)));
  if (freedom === 0) return undefined;
  const variance = sum(arms.map(squares)) / freedom;
  let value = 0;
  let inverse = 0;
  for (const [arm, weight] of Object.entries(weights)) {
    const found = estimate(valuesOf(outcomes, arm, measure));
    if (found === undefined) return undefined;
    value += weight * found.mean;
    inverse += weight ** 2 / found.n;
  }
  const standardError = Math.sqrt(variance * inverse);
  return { value, standardError, margin: studentT(freedom) * standardError };
}

/** The value that |t| exceeds in 5 % of the cases, for these degrees of freedom; from the usual tables. */
export function studentT(freedom: number): number {
  const found = twoSided.findLast(([from]) => from <= freedom);
  return found?.[1] ?? Infinity;
}

/** [degrees of freedom, quantile]; between two rows the smaller number of degrees counts. */
const twoSided: readonly (readonly [number, number])[] = [
  ...[
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  ].map((t, index) => [index + 1, t] as const),
  ...([
    [16, 2.12],
    [17, 2.11],
    [18, 2.101],
    [19, 2.093],
    [20, 2.086],
    [25, 2.06],
    [30, 2.042],
  ] as const),
  ...([
    [40, 2.021],
    [60, 2],
    [120, 1.98],
  ] as const),
];

/** Σ (x − mean)². */
function squares(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return sum(values.map((value) => (value - mean) ** 2));
}
