import { CardinalError } from '../base/errors.ts';
import type { Targets, Task } from '../data/task.ts';

/** Throws a `CardinalError` unless pictures have what the network of `weights` predicts: a class each, labels or numbers. */
export function requireSameTask(
  { path, task }: { readonly path: string; readonly task?: Targets['task'] | undefined },
  predicted: Targets['task'] | undefined,
  weights: string,
): void {
  const wanted: Task = predicted ?? 'classes';
  const given: Task = task ?? 'classes';
  if (given === wanted) return;
  throw new CardinalError(`${weights} predicts ${wanted}, but the pictures in ${path} have ${given}`);
}
