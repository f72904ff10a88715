import { CardinalError } from '../../base/errors.ts';
import { formatShape, type Shape } from '../value.ts';

/** Throws unless a condition holds: `op: expected …, got …`. */
export function expect(op: string, holds: boolean, expected: string, got: string): asserts holds {
  if (!holds) throw new CardinalError(`${op}: expected ${expected}, got ${got}`);
}

/** Checks how many tensors came: an internal mistake if it fails, but better named here than found in a kernel. */
export function expectInputs(op: string, shapes: readonly Shape[], count: number): void {
  expect(op, shapes.length === count, `${count} tensors`, `${shapes.length}`);
}

/** Checks that a tensor is N×C×H×W. */
export function expectPicture(op: string, shape: Shape): void {
  expect(op, shape.length === 4, 'a rank-4 tensor N×C×H×W', formatShape(shape));
}

/** Checks that a tensor has exactly this shape. */
export function expectShape(op: string, what: string, shape: Shape, wanted: Shape): void {
  expect(op, sameShape(shape, wanted), `${what} of shape ${formatShape(wanted)}`, formatShape(shape));
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
