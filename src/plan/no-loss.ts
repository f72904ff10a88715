import { anything } from '../base/options.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

export { anything as lossPlanKind };

/** Softmax cross-entropy: the one loss of pages that train, where this file stands for `record-loss.ts`. */
export function recordLoss(
  graph: Graph,
  logits: Value,
  target: Value,
  { labelSmoothing, name }: { readonly labelSmoothing: number; readonly name: string },
): Value {
  return graph.apply1('softmax_cross_entropy', [logits, target], { labelSmoothing }, name);
}
