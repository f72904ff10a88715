import type { PathShares } from 'cardinal-nn/studio';

export type BlockShares = PathShares['blocks'][number];

/** What a bar takes of the place beside the zero line. */
export interface Bar {
  readonly y: number;
  readonly height: number;
}

/** A bar from a zero line upwards, or downwards for what is below 0; what is not 0 is seen. Pixels. */
export function barOf(value: number, most: number, { zero, size }: { zero: number; size: number }): Bar {
  const length = most === 0 || value === 0 ? 0 : Math.max(1, (Math.abs(value) / most) * size);
  return { y: value < 0 ? zero : zero - length, height: length };
}

/** The largest absolute value. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The path that speaks most for the class, and the one that speaks most against it, if any does. */
export function strongest({ paths }: BlockShares): {
  readonly best: number | undefined;
  readonly worst: number | undefined;
} {
  const order = paths.map((_, path) => path).toSorted((a, b) => paths[b].effect - paths[a].effect);
  const best = order.find((path) => paths[path].effect > 0);
  const worst = order.findLast((path) => paths[path].effect < 0);
  return { best, worst };
}

/** +0.312, −0.0407, 0 */
export function signedNumber(value: number): string {
  if (value === 0) return '0';
  return `${value < 0 ? '−' : '+'}${digits(Math.abs(value))}`;
}

/** Three significant digits. */
export function digits(value: number): string {
  return value === 0 ? '0' : value.toPrecision(3);
}
