import { formatShape, type Shape } from '../value.ts';
import { expect } from './check.ts';

/**
 * The shape of what two tensors of the same rank give element by element: a size of 1 stands for any. Throws a `CardinalError` if they
 * do not fit.
 */
export function broadcast(op: string, a: Shape, b: Shape): Shape {
  const fits =
    a.length === b.length && a.every((size, axis) => size === b[axis] || size === 1 || b[axis] === 1);
  expect(
    op,
    fits,
    'shapes that broadcast, whose sizes are equal or 1',
    `${formatShape(a)} and ${formatShape(b)}`,
  );
  return a.map((size, axis) => (size === 1 ? b[axis] : size));
}
