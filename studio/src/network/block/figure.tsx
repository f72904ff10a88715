import type { ComponentChildren, JSX } from 'preact';
import { figureOf, measures, piecesOf, waysOf, type DrawnBlock, type Figure, type Form } from './figure.ts';

interface FigureViewProps {
  readonly form: Form;
  readonly block: DrawnBlock;
  readonly width: number;
  readonly label: string;
  /** Pixels between the last layer and the sum, for what is said of each path; `children` draws it. */
  readonly band?: number | undefined;
  readonly children?: ((figure: Figure) => ComponentChildren) | undefined;
}

const layers = [0, 1, 2] as const;

/**
 * Figure 3, drawn. The pieces of a layer are two outlines, so that a figure of 128 paths is changed as quickly as one of 2. They move from form to
 * form by themselves: an outline is a style, with a transition.
 */
export function FigureView({ form, block, width, label, band, children }: FigureViewProps): JSX.Element {
  const figure = figureOf(form, block, width, band);
  const { pieces, rows, join, height, left } = figure;
  const { inputWidth, outputWidth = inputWidth, cardinality, isReduced = true, hasShortcut = true } = block;
  const isFirst = (row: number) => row === (isReduced ? 0 : 1);
  const right = width - measures.lane;
  const middle = (left + right) / 2;
  const end = height - measures.gap - 8;
  const bottomOf = (row: number) => rows[row]?.y ?? 0;
  const topOf = (row: number) => (isFirst(row) ? 31 : bottomOf(row) - measures.gap);
  return (
    <svg
      class={left === 0 ? 'block-figure narrow' : 'block-figure'}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role={children ? 'group' : 'img'}
      aria-label={label}
    >
      <text class="end" x={middle} y={14}>
        {inputWidth} channels in
      </text>
      {hasShortcut && <path class="shortcut" d={`M${middle} 24H${width - 8}V${end}H${middle + 9}`} />}
      <path class="way" d={`M${middle} 18V28M${middle} ${hasShortcut ? end + 9 : end - 9}V${height - 18}`} />
      <rect class="bar" x={left} y={28} width={right - left} height={3} />
      {layers.map((row) => (
        <path key={`ways ${row}`} class="lane" d={waysOf(pieces, row, topOf(row), bottomOf(row))} />
      ))}
      <rect class="bar" x={left} y={end - 12} width={right - left} height={3} />
      <path class="lane" d={waysOf(pieces, 2, bottomOf(2) + measures.row, end - 12)} />
      {layers.map((row) =>
        [0, 1].map((odd) => (
          <path
            key={`${row} ${odd}`}
            class={`piece row${row}${odd === 1 ? ' odd' : ''}`}
            d={piecesOf(pieces, row, odd, bottomOf(row))}
          />
        )),
      )}
      {rows.map(({ y, text }, row) => (
        <text key={row} class="layer" x={0} y={left === 0 ? y - 8 : y + measures.row / 2 + 4}>
          {text}
        </text>
      ))}
      {join && (
        <text class="layer soft" x={0} y={join.y + 4}>
          {join.text}
        </text>
      )}
      {hasShortcut && (
        <>
          <circle class="plus" cx={middle} cy={end} r={9} />
          <path class="sign" d={`M${middle - 5} ${end}h10M${middle} ${end - 5}v10`} />
        </>
      )}
      <text class="end" x={middle} y={height - 4}>
        {outputWidth} channels out
      </text>
      {cardinality > 1 && form === 'a' && (
        <text class="layer soft" x={0} y={24}>
          {cardinality} paths
        </text>
      )}
      {children?.(figure)}
    </svg>
  );
}
