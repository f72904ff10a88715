import type { BlockShape } from '../work/service.ts';

export type Form = 'a' | 'b' | 'c';

/** A piece of a layer: what one path computes there, in whatever form. The same pieces in all forms, at other places. Pixels. */
export interface Piece {
  readonly row: 0 | 1 | 2;
  readonly path: number;
  readonly x: number;
  readonly width: number;
}

/** A row of the figure: a layer of the block. */
export interface Row {
  readonly y: number;
  /** As the paper writes a layer: in, kernel, out. */
  readonly text: string;
}

/** A block as it is drawn: of the paper, unless more is said. */
export interface DrawnBlock extends Pick<BlockShape, 'cardinality' | 'width' | 'inputWidth'> {
  /** Default: as many as come in. */
  readonly outputWidth?: number | undefined;
  /** Of the layer in the middle. Default 3×3. */
  readonly kernel?: readonly [number, number] | undefined;
  /** Whether a 1×1 convolution makes the paths' channels; else they are those that come in. Default true. */
  readonly isReduced?: boolean | undefined;
  /** Default true. */
  readonly hasShortcut?: boolean | undefined;
}

export interface Figure {
  readonly width: number;
  readonly height: number;
  /** Where the paths' area begins; 0 if the figure is narrow: then what rows are stands above them. */
  readonly left: number;
  /** What is left free behind the last layer, for what is said of each path. */
  readonly band: { readonly y: number; readonly height: number };
  readonly pieces: readonly Piece[];
  readonly rows: readonly Row[];
  /** Where the paths come together again: behind the last layer in form (a), before it in form (b); nowhere in (c). */
  readonly join: { readonly y: number; readonly text: string } | undefined;
}

/** Narrower figures have their texts above the rows, if beside these too little were left for each path. Pixels. */
const narrow = { figure: 420, lane: 6 };

/** Pixels. */
export const measures = { row: 34, gap: 30, top: 44, text: 132, lane: 22 } as const;

/**
 * The block as Figure 3 of the paper draws it: C paths from top to bottom, each with a piece of each of the three layers. In form (a) the
 * pieces stand apart; in (b) those of the last layer have become one 1×1 convolution; in (c) those of the first as well, and the second
 * is one convolution of C groups. How wide a piece is tells its share of the layer's channels; all layers are drawn to one scale.
 */
export function figureOf(
  form: Form,
  {
    cardinality,
    width: d,
    inputWidth,
    outputWidth = inputWidth,
    kernel = [3, 3],
    isReduced = true,
  }: DrawnBlock,
  width: number,
  band = 0,
): Figure {
  const beside = (width - measures.text - measures.lane) / cardinality;
  const left = width < narrow.figure && beside < narrow.lane ? 0 : measures.text;
  const area = { x: left, width: Math.max(40, width - left - measures.lane) };
  const lane = area.width / cardinality;
  // At least a third of a lane is left between paths, so that they can be told apart.
  const piece = Math.min(lane * 0.66, 64);
  const together = (gap: number) => {
    const one = piece + gap;
    const begin = area.x + (area.width - one * cardinality) / 2;
    return (path: number) => ({ x: begin + path * one, width: piece + (gap === 0 ? 0.5 : 0) });
  };
  const apart = (path: number) => ({ x: area.x + lane * path + (lane - piece) / 2, width: piece });
  const whole = together(0);
  const grouped = together(Math.min(2, piece / 3));
  const placesOf = { a: [apart, apart, apart], b: [apart, apart, whole], c: [whole, grouped, whole] }[form];
  const layers = isReduced ? ([0, 1, 2] as const) : ([1, 2] as const);
  const pieces = layers.flatMap((row) =>
    Array.from({ length: cardinality }, (_, path): Piece => ({ row, path, ...placesOf[row](path) })),
  );
  const y = (row: number) => measures.top + row * (measures.row + measures.gap);
  const inner = cardinality * d;
  const times = cardinality === 1 ? '' : ` ×${cardinality}`;
  const groups = cardinality === 1 ? '' : `, ${cardinality} groups`;
  const reduce = `${inputWidth}, 1×1, `;
  const middle = `, ${kernel.join('×')}, `;
  const expand = `, 1×1, ${outputWidth}`;
  const texts = {
    a: [`${reduce}${d}${times}`, `${d}${middle}${d}${times}`, `${d}${expand}${times}`],
    b: [`${reduce}${d}${times}`, `${d}${middle}${d}${times}`, `${inner}${expand}`],
    c: [`${reduce}${inner}`, `${inner}${middle}${inner}${groups}`, `${inner}${expand}`],
  }[form];
  const rows = texts.map((text, row): Row => ({ y: y(row), text: row === 0 && !isReduced ? '' : text }));
  const joins = {
    a: { y: y(3) - measures.gap / 2, text: `add ${cardinality} outputs` },
    b: { y: y(2) - measures.gap / 2, text: 'concatenate' },
    c: undefined,
  };
  const height = y(3) + 2 * measures.gap + band;
  const free = { y: y(3), height: band };
  return { width, height, left, band: free, pieces, rows, join: cardinality === 1 ? undefined : joins[form] };
}

/** The outline of every other piece of a layer, those with an even or those with an odd number: a rectangle each. */
export function piecesOf(pieces: readonly Piece[], row: number, odd: number, y: number): string {
  return pieces
    .filter((piece) => piece.row === row && piece.path % 2 === odd)
    .map(({ x, width }) => `M${short(x)} ${y}h${short(width)}v${measures.row}h${short(-width)}z`)
    .join('');
}

/** Lines down the middle of each path of a layer. */
export function waysOf(pieces: readonly Piece[], row: number, from: number, to: number): string {
  return pieces
    .filter((piece) => piece.row === row)
    .map(({ x, width }) => `M${short(x + width / 2)} ${from}V${to}`)
    .join('');
}

/** Hundredths of a pixel are enough. */
function short(value: number): number {
  return Math.round(100 * value) / 100;
}

/** What the three layers of a block have in weights, from the paper's formula: C·(W·d + 9·d² + d·W). */
export function weightsOf({
  cardinality,
  width,
  inputWidth,
}: Pick<BlockShape, 'cardinality' | 'width' | 'inputWidth'>): number {
  return cardinality * (inputWidth * width + 9 * width ** 2 + width * inputWidth);
}

/** The widths that a path may have on a slider. */
export const widths: readonly number[] = Array.from({ length: 128 }, (_, index) => index + 1);

/** The width at which a block of 256 channels has weights nearest to the budget, the smaller of two: at once, as a slider moves. */
export function widthAt(cardinality: number, budget: number): number {
  const off = (width: number) => Math.abs(weightsOf({ cardinality, width, inputWidth: 256 }) - budget);
  return widths.reduce((best, width) => (off(width) < off(best) ? width : best));
}
