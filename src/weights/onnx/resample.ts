import type { Preprocessing } from '../../data/preprocessing.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** Weights of one axis of a resize: whole numbers of 24 bits, as three tables of bytes, the most significant first. */
export interface WeightBytes {
  readonly high: string;
  readonly middle: string;
  readonly low: string;
}

/** The middle of the range of `high`: weights may be negative, bytes may not, so 2²³ was added. */
export const highZero = 128;

const fractionBits = 22;
const path = 'preprocess';

/**
 * Appends the weights with which Pillow's `Image.resize` makes `wanted` pixels, of which the first is `start`, from
 * `extent` ones, along one axis: a matrix wanted×extent. The formulas are those of `data/transforms/resize.ts`, in double
 * precision and then in fixed point, so the numbers are the same. Pixels outside of the resized picture get no weight:
 * they come out black, which is how torchvision pads a crop that is too large.
 *
 * `extent`, `resized` and `start` name int64 scalars.
 */
export function axisWeights(
  builder: GraphBuilder,
  axis: {
    readonly extent: string;
    readonly resized: string;
    readonly start: string;
    readonly wanted: number;
  },
  interpolation: Preprocessing['interpolation'],
): WeightBytes {
  const calculator = new Calculator(builder);
  const { op, real, double } = calculator;
  const extent = double(axis.extent);
  const resized = double(axis.resized);
  const scale = op('Div', extent, resized);
  const widening = op('Max', scale, real(1));
  const radius = op('Mul', widening, real(interpolation === 'bilinear' ? 1 : 2));

  // Output pixels in rows, input pixels in columns.
  const counted = builder.constant(
    path,
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
  const weight = interpolation === 'bilinear' ? triangle(calculator, distance) : cubic(calculator, distance);
  const inside = op('Where', within, weight, real(0));

  const rowAxis = builder.constant(path, 'axes', [1], BigInt64Array.of(1n));
  const sum = builder.node(path, 'ReduceSum', [inside, rowAxis], { keepdims: { int: 1 } });
  const share = op('Div', inside, op('Where', op('Equal', sum, real(0)), real(1), sum));
  const scaled = op('Mul', share, real(2 ** fractionBits));
  // A cast cuts the fraction off, so half a unit away from zero rounds.
  const fixed = calculator.whole(op('Add', scaled, op('Mul', op('Sign', scaled), real(0.5))));
  return inBytes(calculator, fixed);
}

/** Sums of bytes times weights, as three sums of products of bytes, to the bytes that they mean, as Pillow rounds. */
export function roundSums(builder: GraphBuilder, sums: WeightBytes): string {
  const { op, int, whole } = new Calculator(builder);
  const upper = op(
    'Add',
    op('Mul', whole(sums.high), int(2 ** 16)),
    op('Mul', whole(sums.middle), int(2 ** 8)),
  );
  const rounded = op('Add', op('Add', upper, whole(sums.low)), int(2 ** (fractionBits - 1)));
  const value = op('Clip', op('Div', rounded, int(2 ** fractionBits)), int(0), int(255));
  return builder.node(path, 'Cast', [value], { to: { int: 2 } });
}

/** Names of constants and results, for formulas. */
export class Calculator {
  readonly #builder: GraphBuilder;

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  readonly op = (name: string, ...inputs: string[]): string => this.#builder.node(path, name, inputs);

  /** A constant in double precision. */
  readonly real = (value: number): string => {
    const name = `/${path}/real/${value}`;
    return this.#builder.has(name) ? name : this.#builder.tensor(name, [], Float64Array.of(value));
  };

  /** A 64-bit integer. */
  readonly int = (value: number): string => {
    const name = `/${path}/int/${value}`;
    return this.#builder.has(name) ? name : this.#builder.tensor(name, [], BigInt64Array.of(BigInt(value)));
  };

  readonly double = (name: string): string => this.#cast(name, 11);
  readonly whole = (name: string): string => this.#cast(name, 7);
  readonly byte = (name: string): string => this.#cast(name, 2);

  #cast(name: string, type: number): string {
    return this.#builder.node(path, 'Cast', [name], { to: { int: type } });
  }
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
