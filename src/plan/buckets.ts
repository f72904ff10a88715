import { largest } from '../base/extremes.ts';
import { sizeOf } from '../base/shape.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';

/** Tensors that are added up over all ranks at once, between the node that begins it and the one that waits for it. */
export interface Bucket {
  readonly values: readonly Value[];
  readonly start: Node;
  readonly wait: Node;
}

/** Bytes of a bucket of gradients, as torch.nn.parallel.DistributedDataParallel has it: large enough to be sent at full speed. */
export const usualBucketBytes = 25 * 2 ** 20;

/** Records the reduction of `values`, in as few buckets of at most `bytes` as their order allows; a larger tensor has one of its own. */
export function recordBuckets(graph: Graph, values: readonly Value[], bytes: number): readonly Bucket[] {
  const groups: Value[][] = [];
  let room = 0;
  for (const value of values) {
    const size = 4 * sizeOf(value.shape);
    const last = groups.at(-1);
    if (last === undefined || size > room) {
      groups.push([value]);
      room = bytes - size;
    } else {
      last.push(value);
      room -= size;
    }
  }
  return groups.map((group) => recordBucket(graph, group));
}

/** Records the reduction of `values` as one. */
export function recordBucket(graph: Graph, values: readonly Value[]): Bucket {
  graph.apply('all_reduce', values, {});
  graph.apply('all_reduce_wait', values, {});
  const [start, wait] = graph.nodes.slice(-2);
  return { values, start, wait };
}

/** `values` in the order in which `nodes` are done with them. */
export function asDone(nodes: readonly Node[], values: Iterable<Value>): readonly Value[] {
  const last = lastUses(nodes);
  const doneAt = (value: Value): number => last.get(value) ?? -1;
  return [...new Set(values)].sort((a, b) => doneAt(a) - doneAt(b));
}

/** `nodes`, which compute the buckets' values, with the beginning of each reduction as soon as its bucket is full. */
export function startingWhenFull(nodes: readonly Node[], buckets: readonly Bucket[]): readonly Node[] {
  const last = lastUses(nodes);
  const full = buckets.map(({ values }) =>
    largest(
      values.map((value) => last.get(value) ?? -1),
      -1,
    ),
  );
  return nodes.flatMap((node, index) => [
    node,
    ...buckets.filter((_, bucket) => full[bucket] === index).map(({ start }) => start),
  ]);
}

/** `nodes` with each bucket's wait before the first that uses a value of it. */
export function waitingBeforeUse(nodes: readonly Node[], buckets: readonly Bucket[]): readonly Node[] {
  const left = [...buckets];
  return nodes.flatMap((node) => {
    const needed = left.filter(({ values }) => node.inputs.some((input) => values.includes(input)));
    for (const bucket of needed) left.splice(left.indexOf(bucket), 1);
    return [...needed.map(({ wait }) => wait), node];
  });
}

/** Which of `nodes` reads or computes a value last. */
function lastUses(nodes: readonly Node[]): ReadonlyMap<Value, number> {
  const last = new Map<Value, number>();
  nodes.forEach(({ inputs, outputs }, index) => {
    for (const value of [...inputs, ...outputs]) last.set(value, index);
  });
  return last;
}
