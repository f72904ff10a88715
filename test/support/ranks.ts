import { rowsOf, type Ranks } from '../../src/base/ranks.ts';
import type { Batch } from '../../src/data/dataset.ts';

/** What of a batch that is run in `parts` micro-batches is a rank's: its rows of each of them. */
export function batchOfRank(batch: Batch, parts: number, ranks: Ranks): Batch {
  const { size, input, target, labels, indices } = batch;
  const micro = size / parts;
  const rows = Array.from({ length: parts }, (_, part) => {
    const { first, count } = rowsOf(micro, ranks);
    return Array.from({ length: count }, (__, row) => part * micro + first + row);
  }).flat();
  const taken = (data: Float32Array): Float32Array => {
    const width = data.length / size;
    return Float32Array.from(rows.flatMap((row) => [...data.subarray(row * width, (row + 1) * width)]));
  };
  return {
    size: rows.length,
    input: taken(input),
    target: taken(target),
    labels: Int32Array.from(rows, (row) => labels[row]),
    indices: Uint32Array.from(rows, (row) => indices[row]),
  };
}
