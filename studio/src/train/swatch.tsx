import { h, type JSX } from 'preact';
import type { Look } from './look.ts';

interface Mark {
  readonly name: 'line' | 'circle' | 'rect';
  readonly attributes: Readonly<Record<string, string | number>>;
}

const width = 30;
const height = 14;
const middle = height / 2;

/** A piece of a run's line with its mark. */
export function Swatch({ look }: { readonly look: Look }): JSX.Element {
  return (
    <svg class="swatch" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {swatchMarks(look).map(({ name, attributes }) => h(name, { key: name, ...attributes }))}
    </svg>
  );
}

/** What a swatch is drawn with. */
export function swatchMarks({ colour, dash, symbol }: Look): readonly Mark[] {
  const line = { x1: 0, x2: width, y1: middle, y2: middle, stroke: colour, 'stroke-width': 2 };
  const mark: Mark =
    symbol === 'circle'
      ? { name: 'circle', attributes: { cx: width / 2, cy: middle, r: 4, fill: colour } }
      : { name: 'rect', attributes: { x: width / 2 - 4, y: middle - 4, width: 8, height: 8, fill: colour } };
  return [
    { name: 'line', attributes: dash === undefined ? line : { ...line, 'stroke-dasharray': dash } },
    mark,
  ];
}
