import { rowsOf } from '../base/ranks.ts';
import { sizeOf } from '../base/shape.ts';
import { Graph } from '../graph/graph.ts';
import type { NodeOf } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';
import { recordBucket } from './buckets.ts';
import type { PlanRanks } from './plan.ts';
import { ValueMap } from './rewrite.ts';

/**
 * A forward pass of a rank's rows such that all ranks together compute what one process does with all rows: dropout drops of them what
 * it would drop there, and with `syncBatchNorm` norms take the statistics of all.
 */
export function divide(
  source: Graph,
  output: Value,
  ranks: PlanRanks,
  { syncBatchNorm }: { readonly syncBatchNorm: boolean },
): { readonly graph: Graph; readonly output: Value } {
  const graph = new Graph();
  const map = new ValueMap(graph);
  for (const node of source.nodes) {
    if (node.op === 'dropout') divideDropout(node, graph, map, ranks);
    else if (node.op === 'drop_path') divideDropPath(node, graph, map, ranks);
    else if (node.op === 'batch_norm' && syncBatchNorm) divideBatchNorm(node, graph, map, ranks);
    else map.copy(node);
  }
  return { graph, output: map.get(output) };
}

function divideDropout(
  { attrs, inputs, outputs, scope }: NodeOf<'dropout'>,
  graph: Graph,
  map: ValueMap,
  ranks: PlanRanks,
): void {
  const offset = rowsBefore(inputs, ranks) * sizeOf(inputs[0].shape.slice(1));
  const [{ name }] = outputs;
  const y = graph.atPath(scope, () => graph.apply1('dropout', map.all(inputs), { ...attrs, offset }, name));
  map.set(outputs[0], y);
}

function divideDropPath(
  { attrs, inputs, outputs, scope }: NodeOf<'drop_path'>,
  graph: Graph,
  map: ValueMap,
  ranks: PlanRanks,
): void {
  const offset = rowsBefore(inputs, ranks);
  const [{ name }] = outputs;
  const y = graph.atPath(scope, () => graph.apply1('drop_path', map.all(inputs), { ...attrs, offset }, name));
  map.set(outputs[0], y);
}

/** Rows of a tensor that are of ranks before this one: of a picture there may be several, its feature maps. */
function rowsBefore([{ shape }]: readonly Value[], ranks: PlanRanks): number {
  const { first, count } = rowsOf(ranks.batch, ranks);
  return (first * shape[0]) / count;
}

function divideBatchNorm(
  { attrs, inputs, outputs, scope }: NodeOf<'batch_norm'>,
  graph: Graph,
  map: ValueMap,
  ranks: PlanRanks,
): void {
  const { eps, momentum, activation, residual } = attrs;
  const [x, gamma, beta, runningMean, runningVar, ...beside] = map.all(inputs);
  const area = sizeOf(x.shape.slice(2));
  const counts = Array.from(
    { length: ranks.size },
    (_, rank) => area * rowsOf(ranks.batch, { ...ranks, rank }).count,
  );
  graph.atPath(scope, () => {
    const moments = graph.apply1('batch_norm_stats', [x], { rank: ranks.rank, size: ranks.size });
    recordBucket(graph, [moments]);
    const statistics = graph.apply('batch_norm_gather_stats', [moments, runningMean, runningVar], {
      ...{ counts, eps, momentum },
    });
    const count = area * ranks.batch;
    const tail = { activation, residual, count };
    const [{ name }] = outputs;
    const y = graph.apply1('batch_norm_elemt', [x, gamma, beta, ...statistics, ...beside], tail, name);
    [y, ...statistics].forEach((value, index) => {
      map.set(outputs[index], value);
    });
  });
}
