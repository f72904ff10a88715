import { headOf } from './head.ts';
import type { AnyModule } from './module.ts';

/** Those of `parameters`, by path, that are not the classifier's; none if the network has no classifier that can be told. */
export function backboneOf<T>(model: AnyModule, parameters: readonly [string, T][]): [string, T][] {
  const head = headOf(model);
  return head.length === 0 ? [] : parameters.filter(([path]) => !head.includes(path));
}
