import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { recordBucket, type Bucket } from './buckets.ts';

/**
 * Running statistics that each rank takes of its own pictures become their mean over the ranks, so that all ranks keep the same. Gives
 * nothing if there are none.
 */
export function shareStatistics(
  graph: Graph,
  statistics: readonly Value[],
  ranks: number,
): Bucket | undefined {
  if (statistics.length === 0) return undefined;
  const parts = statistics.map((value) => graph.apply1('scale', [value], { factor: 1 / ranks }));
  const bucket = recordBucket(graph, parts);
  // Never written: 0 overwrites.
  const overwrite = graph.input('overwrite', [1]);
  statistics.forEach((value, index) => graph.apply('accumulate', [value, parts[index], overwrite], {}));
  return bucket;
}
