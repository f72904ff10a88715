import { CardinalError } from '../../base/errors.ts';
import { sizeOf } from '../../base/shape.ts';
import { formatShape, type Shape, type Value } from '../../graph/value.ts';
import { axisOf, record, valuesOf, type Operand } from './operand.ts';
import { reshape } from './shape.ts';

/** e^x/Σe^x along axis `dim` of x, of any shape; a negative one counts from the end. Throws a `CardinalError` if there is none. */
export function softmax(x: Operand, dim: number): Value {
  const [value] = valuesOf('softmax', [x]);
  return record('softmax', [value], 'softmax', { dim: axisOf('softmax', 'dim', value, dim) });
}

/** The products of two batches of matrices: B×M×L and B×L×N → B×M×N. Throws a `CardinalError` if the shapes do not fit. */
export function bmm(a: Operand, b: Operand): Value {
  return record('bmm', valuesOf('bmm', [a, b]), 'bmm', { transposed: [false, false] });
}

/**
 * The product of matrices …×M×L and …×L×N, of two at least. What stands before their last two sizes is the same, or the second has nothing
 * there, a matrix for all. Throws a `CardinalError` if the shapes do not fit.
 */
export function matmul(a: Operand, b: Operand): Value {
  const [left, right] = valuesOf('matmul', [a, b]);
  const [one, two] = [left.shape, right.shape];
  const single = two.length === 2;
  const alike = single || formatShape(one.slice(0, -2)) === formatShape(two.slice(0, -2));
  if (one.length < 2 || two.length < 2 || !alike || one.at(-1) !== two.at(-2)) {
    throw new CardinalError(
      `matmul: expected matrices …×M×L and …×L×N, the same before that or nothing, got ${formatShape(one)} and ${formatShape(two)}`,
    );
  }
  const size = [...one.slice(0, -1), two[two.length - 1]];
  const batch = single ? 1 : sizeOf(one.slice(0, -2));
  const matrices = (value: Value, rows: number, columns: number) => shaped(value, [batch, rows, columns]);
  const rows = single ? sizeOf(one.slice(0, -1)) : one[one.length - 2];
  const inner = one[one.length - 1];
  return shaped(bmm(matrices(left, rows, inner), matrices(right, inner, size[size.length - 1])), size);
}

/** A value in another shape, if it is another. */
function shaped(value: Value, shape: Shape): Value {
  return formatShape(value.shape) === formatShape(shape) ? value : reshape(value, shape);
}
