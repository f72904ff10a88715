import * as z from 'zod/mini';

import type { Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import { validate } from '../base/validate.ts';
import { shapeOf } from '../train/evaluate.ts';

/** Throws a `CardinalError` unless there is a name for each class of a network. */
export function requireNames(network: string, count: number, names: readonly string[]): void {
  if (names.length === count) return;
  const given = names.length === 1 ? 'is 1 name' : `are ${names.length} names`;
  throw new CardinalError(`${network} has ${count} classes, but there ${given} for them: give one for each`);
}

/**
 * The names of the classes whose logits a program computes: those that are given, else those that are known of the weights, else the
 * labels' numbers. Throws a `CardinalError` unless there is one for each.
 */
export function classNamesOf(
  program: Program,
  given: readonly string[] | undefined,
  known: readonly string[] | undefined,
): readonly string[] {
  const [, count] = shapeOf(program, 'logits');
  const named = validate(z.optional(z.array(z.string())), given, 'classes');
  const classes = named ?? known ?? Array.from({ length: count }, (_, label) => String(label));
  requireNames(program.plan.name, count, classes);
  return classes;
}
