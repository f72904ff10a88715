import type { Activation } from '../activation.ts';
import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

/** d(loss)/d(what `activation` was applied to), for an op that ends in it and gives `y`. */
export function throughActivation(graph: Graph, activation: Activation, dy: Value, y: Value): Value {
  return activation === 'none' ? dy : graph.apply1(`${activation}_backward`, [dy, y], {});
}
