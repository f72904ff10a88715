import { studentT } from '../../src/study/statistics.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A straight line through points: its slope, and half of the 95 % interval of that. */
export interface Trend {
  readonly slope: number;
  readonly margin: number;
}

/** The line of least squares. Throws a `RangeError` for fewer than three points. */
export function trend(points: readonly Point[]): Trend {
  const n = points.length;
  if (n < 3) throw new RangeError(`a trend needs three points, got ${n}`);
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  let [xx, xy] = [0, 0];
  for (const { x, y } of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  const slope = xy / xx;
  const residual = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, margin: studentT(n - 2) * Math.sqrt(residual / (n - 2) / xx) };
}

/**
 * Means of `count` stretches of equally many points. Samples of memory that follow each other are alike, and a line through them
 * would seem to be known better than it is; their means over long stretches are hardly so.
 */
export function stretches(points: readonly Point[], count: number): Point[] {
  const size = points.length / count;
  return Array.from({ length: count }, (_, index) =>
    points.slice(Math.round(index * size), Math.round((index + 1) * size)),
  )
    .filter((part) => part.length > 0)
    .map((part) => ({ x: mean(part.map(({ x }) => x)), y: mean(part.map(({ y }) => y)) }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
