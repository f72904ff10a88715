import type { Tradeoff } from 'cardinal-nn/cost';

interface Curve {
  readonly width: number;
  readonly height: number;
  readonly line: string;
  readonly places: readonly { readonly x: number; readonly y: number; readonly point: Tradeoff }[];
}

const height = 220;
const side = 34;

/** The trade-off as a curve, both axes logarithmic: each step to the right has twice the paths. */
export function curveOf(points: readonly Tradeoff[], width: number): Curve {
  const widths = points.map(({ width: d }) => Math.log2(d));
  const most = Math.max(1, ...widths);
  const places = points.map((point, index) => ({
    x: side + (index / Math.max(1, points.length - 1)) * (width - 2 * side),
    y: 30 + (1 - Math.log2(point.width) / most) * (height - 74),
    point,
  }));
  return {
    width,
    height,
    line: places.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(''),
    places,
  };
}
