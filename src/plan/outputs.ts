import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/** The other outputs of a network beside its main one, as copies of its graph have them: passes keep their names. */
export function otherOutputs(
  graph: Graph,
  { outputs = [] }: { readonly outputs?: readonly Value[] | undefined },
): Value[] {
  return outputs.slice(1).map(({ name }) => {
    const value = graph.values.find((each) => each.name === name);
    if (value === undefined) throw new Error(`plan: ${name} is in no node`);
    return value;
  });
}
