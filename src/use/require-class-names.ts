import { headOf } from '../nn/head.ts';
import type { Module } from '../nn/module.ts';
import { requireNames } from './require-names.ts';

/** Throws a `CardinalError` unless there is a name for each output of a network's classifier, if names are known and it ends in a `Linear`. */
export function requireClassNames(
  network: string,
  model: Module,
  classes: readonly string[] | undefined,
): void {
  const [head] = headOf(model);
  const count = model.stateSpecs().get(head)?.shape[0];
  if (classes !== undefined && count !== undefined) requireNames(network, count, classes);
}
