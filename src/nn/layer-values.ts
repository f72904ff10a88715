import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Graph, ScopeCall } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/**
 * What each layer of a traced network gives, by its module's path: what PyTorch hands to a forward hook. Of a module that `forward` calls
 * several times (the ReLU of a ResNet's block) `layer1.0.relu` is the last call, and `layer1.0.relu#1`, `layer1.0.relu#2`, … are each of
 * them. Modules that are never called, lists among them, give nothing.
 */
export function layerValues(graph: Graph): ReadonlyMap<string, Value> {
  const calls = new Map<string, Value[]>();
  const note = ({ path, output, children }: ScopeCall): void => {
    for (const child of children) note(child);
    if (path === '' || output === undefined) return;
    // By its number: of a network that came as data the value itself is another graph's.
    const value = graph.values[output.id];
    const known = calls.get(path);
    if (known === undefined) calls.set(path, [value]);
    else known.push(value);
  };
  if (graph.root !== undefined) note(graph.root);
  return new Map(
    [...calls].flatMap(([path, values]): [string, Value][] => [
      ...(values.length === 1
        ? []
        : values.map((value, index): [string, Value] => [`${path}#${index + 1}`, value])),
      [path, values[values.length - 1]],
    ]),
  );
}

/** What one layer gives. Throws a `UsageError` that names the nearest ones if there is none of that name. */
export function layerValue(what: string, values: ReadonlyMap<string, Value>, layer: unknown): Value {
  const value = typeof layer === 'string' ? values.get(layer) : undefined;
  if (value !== undefined) return value;
  const names = [...values.keys()];
  const near = nearest(String(layer), names).join(', ');
  throw new UsageError(
    `${what}: expected a layer by its module's path, one that forward calls, got ${described(layer)}${names.length === 0 ? '' : `; the nearest: ${near}`}`,
  );
}
