import { described } from '../../base/described.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { checkOptions, flag } from '../../base/options.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape, type Shape, type Value } from '../../graph/value.ts';
import { axisOf, record, valuesOf, type Operand } from './operand.ts';

/**
 * The same elements, in PyTorch's order, in another shape; of at most one size −1 stands for what remains. Throws a `CardinalError` if the
 * numbers of elements differ.
 */
export function reshape(x: Operand, shape: Shape): Value {
  const [value] = valuesOf('reshape', [x]);
  return record('reshape', [value], 'reshape', { size: completed(value, shape) });
}

function completed({ shape }: Value, wanted: Shape): Shape {
  const given: unknown = wanted;
  const whole =
    Array.isArray(given) && given.every((size) => Number.isInteger(size) && (size > 0 || size === -1));
  if (!whole || wanted.filter((size) => size === -1).length > 1) {
    throw new UsageError(
      `reshape: expected a shape of whole numbers above 0, of which one may be −1, got ${described(given)}`,
    );
  }
  const known = sizeOf(wanted.filter((size) => size !== -1));
  const size = wanted.map((one) => (one === -1 ? sizeOf(shape) / known : one));
  if (size.every((one) => Number.isInteger(one)) && sizeOf(size) === sizeOf(shape)) return size;
  throw new CardinalError(
    `reshape: expected a shape of ${sizeOf(shape)} elements, as ${formatShape(shape)} has, got ${formatShape(wanted)}`,
  );
}

/** x with its axes in another order: axis i of the result is axis `dims[i]` of x. Throws a `CardinalError` unless each comes once. */
export function permute(x: Operand, dims: readonly number[]): Value {
  const [value] = valuesOf('permute', [x]);
  const order = axesOf('permute', value, dims);
  return record('permute', [value], 'permute', { dims: order });
}

/** x with two axes exchanged. */
export function transpose(x: Operand, dim0: number, dim1: number): Value {
  const [value] = valuesOf('transpose', [x]);
  const [a, b] = [axisOf('transpose', 'dim0', value, dim0), axisOf('transpose', 'dim1', value, dim1)];
  const dims = value.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return record('transpose', [value], 'permute', { dims });
}

/** Options of a reduction. */
export interface ReduceOptions {
  /** Leave sizes of 1 in place of what was reduced. Default: false. */
  readonly keepdim?: boolean;
}

/** The sum over one axis or several; negative ones count from the end. Throws a `CardinalError` if x has no such axis. */
export function sum(x: Operand, dim: number | readonly number[], options: ReduceOptions = {}): Value {
  return reduce('sum', x, dim, options);
}

/** The mean over one axis or several, as `sum`. */
export function mean(x: Operand, dim: number | readonly number[], options: ReduceOptions = {}): Value {
  return reduce('mean', x, dim, options);
}

function reduce(
  name: 'sum' | 'mean',
  x: Operand,
  dim: number | readonly number[],
  options: ReduceOptions,
): Value {
  checkOptions(name, options, { keepdim: flag });
  const [value] = valuesOf(name, [x]);
  const dims = axesOf(name, value, typeof dim === 'number' ? [dim] : dim).toSorted((a, b) => a - b);
  const kept = record(name, [value], name, { dims });
  if (options.keepdim === true) return kept;
  const rest = value.shape.filter((_, axis) => !dims.includes(axis));
  return record(name, [kept], 'reshape', { size: rest.length === 0 ? [1] : rest });
}

/** The axes that `dims` name. Throws unless it is a list of some. */
function axesOf(name: string, value: Value, dims: readonly number[]): readonly number[] {
  const given: unknown = dims;
  if (!Array.isArray(given) || given.length === 0) {
    throw new UsageError(
      `${name}: expected dims to be an array of axes such as [2, 3], got ${described(given)}`,
    );
  }
  const axes = dims.map((dim) => axisOf(name, 'a dim', value, dim));
  if (new Set(axes).size < axes.length) {
    throw new CardinalError(`${name}: expected each axis once, got [${dims.join(', ')}]`);
  }
  return axes;
}
