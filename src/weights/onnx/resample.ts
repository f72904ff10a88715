import type { Calculator } from './calculator.ts';

/** Resize and crop along one axis. The lengths that depend on the picture are names of int64 scalars. */
export interface Axis {
  /** Of the picture. */
  readonly extent: string;
  /** Of the resized picture, before the crop. */
  readonly resized: string;
  /** First pixel of the crop; negative if the picture is smaller. */
  readonly start: string;
  /** Pixels of the crop. */
  readonly wanted: number;
}

/** Weights of one axis of a resize: whole numbers of 24 bits, as three tables of bytes, the most significant first. */
export interface WeightBytes {
  readonly high: string;
  readonly middle: string;
  readonly low: string;
}

/** The middle of the range of `high`: weights may be negative, bytes may not, so 2²³ was added. */
export const highZero = 128;

/** Pillow's, for pictures of bytes. */
const fractionBits = 22;

/** The filters that there are in a graph, as `data/transforms/filters.ts` has them: how far they reach, and their weight. */
const filters = {
  bilinear: { support: 1, weight: triangle },
  bicubic: { support: 2, weight: cubic },
} as const;

export type GraphInterpolation = keyof typeof filters;

export const graphInterpolations = Object.keys(filters) as readonly GraphInterpolation[];

/**
 * Appends the weights with which Pillow's `Image.resize` makes the crop's pixels from the picture's, along one axis: a
 * matrix wanted×extent. The formulas are those of `data/transforms/resize.ts`, in double precision and then in fixed point,
 * so the numbers are the same. Pixels outside of the resized picture get no weight: they come out black, which is how
 * torchvision pads a crop that is too large.
 */
export function axisWeights(
  calculator: Calculator,
  axis: Axis,
  interpolation: GraphInterpolation,
): WeightBytes {
  const { op, real, double, table } = calculator;
  const filter = filters[interpolation];
  const extent = double(axis.extent);
  const resized = double(axis.resized);
  const scale = op('Div', extent, resized);
  const widening = op('Max', scale, real(1));
  const radius = op('Mul', widening, real(filter.support));

  // Output pixels in rows, input pixels in columns.
  const counted = table(
    'pixels',
    [axis.wanted, 1],
    Float64Array.from({ length: axis.wanted }, (_, i) => i),
  );
  const output = op('Add', counted, double(axis.start));
  const input = op('Range', real(0), extent, real(1));
  const center = op('Mul', op('Add', output, real(0.5)), scale);
  const first = op('Floor', op('Max', op('Add', op('Sub', center, radius), real(0.5)), real(0)));
  const end = op('Floor', op('Add', op('Add', center, radius), real(0.5)));
  const distance = op('Abs', op('Div', op('Add', op('Sub', input, center), real(0.5)), widening));
  const within = op(
    'And',
    op('And', op('GreaterOrEqual', input, first), op('Less', input, end)),
    op('And', op('GreaterOrEqual', output, real(0)), op('Less', output, resized)),
  );
  const inside = op('Where', within, filter.weight(calculator, distance), real(0));

  const sum = op('ReduceSum', inside, table('axes', [1], BigInt64Array.of(1n)));
  const share = op('Div', inside, op('Where', op('Equal', sum, real(0)), real(1), sum));
  const scaled = op('Mul', share, real(2 ** fractionBits));
  // A cast cuts the fraction off, so half a unit away from zero rounds.
  const fixed = calculator.whole(op('Add', scaled, op('Mul', op('Sign', scaled), real(0.5))));
  return inBytes(calculator, fixed);
}

/** Sums of bytes times weights, as three sums of products of bytes, to the bytes that they mean, as Pillow rounds. */
export function roundSums({ op, int, whole, byte }: Calculator, sums: WeightBytes): string {
  const upper = op(
    'Add',
    op('Mul', whole(sums.high), int(2 ** 16)),
    op('Mul', whole(sums.middle), int(2 ** 8)),
  );
  const rounded = op('Add', op('Add', upper, whole(sums.low)), int(2 ** (fractionBits - 1)));
  return byte(op('Clip', op('Div', rounded, int(2 ** fractionBits)), int(0), int(255)));
}

function inBytes({ op, int, byte }: Calculator, fixed: string): WeightBytes {
  const shifted = op('Add', fixed, int(highZero * 2 ** 16));
  const digit = (unit: number) => byte(op('Mod', op('Div', shifted, int(unit)), int(256)));
  return { high: digit(2 ** 16), middle: digit(2 ** 8), low: digit(1) };
}

function triangle({ op, real }: Calculator, x: string): string {
  return op('Max', op('Sub', real(1), x), real(0));
}

/** Keys' cubic with a = −0.5, in Horner's form as Pillow has it. */
function cubic({ op, real }: Calculator, x: string): string {
  const near = op('Add', op('Mul', op('Mul', op('Sub', op('Mul', real(1.5), x), real(2.5)), x), x), real(1));
  const tail = op('Add', op('Mul', op('Sub', x, real(5)), x), real(8));
  const far = op('Mul', op('Sub', op('Mul', tail, x), real(4)), real(-0.5));
  const outer = op('Where', op('Less', x, real(2)), far, real(0));
  return op('Where', op('Less', x, real(1)), near, outer);
}
