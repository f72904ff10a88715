import { checkOptions, finite } from '../../base/options.ts';
import { CardinalError } from '../../base/errors.ts';
import type { OpTable } from '../../graph/op-table.ts';
import { formatShape, type Shape, type Value } from '../../graph/value.ts';
import { finiteNumber } from '../arguments.ts';
import { add as addSame, mul as scale } from '../functional.ts';
import { record, valuesOf, type Operand } from './operand.ts';

/*
 * Arithmetic element by element, on values and parameters that broadcast as in PyTorch: shapes are aligned at the end, and a size of 1
 * stands for any. Of a picture N×C×H×W and a vector of C numbers, each number stands for a channel.
 */

/** Ops of two tensors. */
type Binary = 'mul' | 'div' | 'sub' | 'add_broadcast';

/**
 * The product a·b, of two tensors that broadcast (a gate N×C×1×1 of a picture's channels, say, or a scale of C numbers), or of a tensor
 * and a number. Throws a `CardinalError` if the shapes do not fit or the number is not finite.
 */
export function mul(a: Operand, b: Operand | number): Value {
  if (typeof b === 'number') return scale(valuesOf('mul', [a])[0], b);
  return binary('mul', a, b, 'mul', { activation: 'none', residual: false });
}

/** The quotient a/b, of two tensors that broadcast, or of a tensor and a number. Throws a `CardinalError` as `mul` does. */
export function div(a: Operand, b: Operand | number): Value {
  if (typeof b === 'number')
    return scale(valuesOf('div', [a])[0], finiteNumber('div', '1/the number', 1 / b));
  return binary('div', a, b, 'div', {});
}

/** The difference a − b of two tensors that broadcast, or of a tensor and a number. Throws a `CardinalError` as `mul` does. */
export function sub(a: Operand, b: Operand | number): Value {
  return typeof b === 'number' ? shifted('sub', a, -b) : binary('sub', a, b, 'sub', {});
}

/**
 * The sum a + alpha·b of two tensors that broadcast, or of a tensor and a number. If they have the same shape and b is the result of a
 * convolution or a batch norm that nothing else uses, factor and addition are fused into it. Throws a `CardinalError` as `mul` does.
 */
export function add(a: Operand, b: Operand | number, options: { readonly alpha?: number } = {}): Value {
  checkOptions('add', options, { alpha: finite });
  const { alpha = 1 } = options;
  if (typeof b === 'number') return shifted('add', a, alpha * b);
  const [one, two] = valuesOf('add', [a, b]);
  if (formatShape(one.shape) === formatShape(two.shape)) return addSame(one, two, options);
  return binary('add', one, alpha === 1 ? two : scale(two, alpha), 'add_broadcast', {});
}

function shifted(name: string, x: Operand, value: number): Value {
  return record(name, valuesOf(name, [x]), 'add_scalar', { value: finiteNumber(name, 'the number', value) });
}

function binary<K extends Binary>(name: string, a: Operand, b: Operand, op: K, attrs: OpTable[K]): Value {
  const values = valuesOf(name, [a, b]);
  const rank = Math.max(values[0].shape.length, values[1].shape.length);
  return record(
    name,
    values.map((value, index) => ranked(name, value, rank, values[1 - index].shape)),
    op,
    attrs,
  );
}

/** A value with sizes of 1 in front, so that it has as many as the other's shape, or around its channels. */
function ranked(name: string, value: Value, rank: number, other: Shape): Value {
  const { shape } = value;
  if (shape.length === rank) return value;
  const vector = shape.length === 1 && rank === 4;
  const size = vector ? [1, shape[0], 1, 1] : [...new Array<number>(rank - shape.length).fill(1), ...shape];
  if (vector && shape[0] !== 1 && other[1] !== 1 && shape[0] !== other[1]) {
    throw new CardinalError(
      `${name}: expected a vector of ${other[1]} numbers, one for each channel of ${formatShape(other)}, got ${shape[0]}; one for each column has the shape 1×1×1×${other[3]}`,
    );
  }
  return record(name, [value], 'reshape', { size });
}
