import { CardinalError } from '../../base/errors.ts';
import { sizeOf } from '../../base/shape.ts';
import type { ServedModel } from '../served-model.ts';

/** Has a model compute a made-up picture before anybody depends on it. Throws a `CardinalError` if that gives NaN or infinity. */
export async function tryModel({ classifier, source }: ServedModel): Promise<void> {
  const { data } = await classifier.forward(madeUp(sizeOf(classifier.input)));
  if (data.every(Number.isFinite)) return;
  throw new CardinalError(
    `${source} gives NaN or infinity for a made-up picture: the weights are damaged, or their training diverged`,
  );
}

/** @throws {CardinalError} if `next` is not what clients of `current` know. */
export function requireSameShape(next: ServedModel, current: ServedModel): void {
  const before = shapeOf(current);
  const after = shapeOf(next);
  if (before === after) return;
  throw new CardinalError(
    `${next.source}: expected ${before}, as version ${current.version} of ${next.name} has, got ${after}; restart the server to serve it (in a program, mayChangeShape)`,
  );
}

function shapeOf({ about: { classes, input } }: ServedModel): string {
  return `${classes.length} classes of pictures ${input.join('×')}`;
}

/** Numbers as a picture has them when it is normalised: about 0, no two neighbours alike. */
function madeUp(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => 2 * Math.sin(index));
}
