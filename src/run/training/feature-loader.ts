import { Rng } from '../../base/rng.ts';
import type { Batch, BatchLoader } from '../../data/dataset.ts';
import { pickedTargets, targetsOf } from '../../data/targets.ts';
import type { PictureDataset } from '../../data/source.ts';

/** The embeddings of those pictures of a dataset that can be read. */
export interface CachedFeatures {
  readonly dataset: PictureDataset;
  /** One row of D numbers for each index into the dataset. */
  readonly rows: readonly Float32Array[];
  readonly indices: readonly number[];
  readonly skipped: BatchLoader['skipped'];
}

/**
 * Batches of embeddings N×D×1×1 in place of pictures. Training shuffles by (seed, epoch) and drops an incomplete last batch, as the
 * loader of pictures does.
 */
export function featureLoader(
  { dataset, rows, indices, skipped }: CachedFeatures,
  { batchSize, seed, training }: { batchSize: number; seed: number; training: boolean },
): BatchLoader {
  const { targets } = dataset;
  const classes = dataset.classes.length;
  const width = rows[0]?.length ?? 0;
  const batchesPerEpoch = training ? Math.floor(rows.length / batchSize) : Math.ceil(rows.length / batchSize);
  const batchOf = (chosen: Uint32Array): Batch => {
    const input = new Float32Array(batchSize * width);
    const target = new Float32Array(batchSize * classes);
    const labels = Int32Array.from(chosen, (row) => dataset.label(indices[row]));
    chosen.forEach((row, position) => {
      input.set(rows[row], position * width);
      if (targets === undefined) target[position * classes + labels[position]] = 1;
      else target.set(targetsOf(dataset, targets, indices[row]), position * classes);
    });
    return { size: chosen.length, input, target, labels, indices: chosen.map((row) => indices[row]) };
  };
  return {
    // Only so many are there to be trained on.
    dataset: {
      name: dataset.name,
      classes: dataset.classes,
      length: rows.length,
      label: (row) => dataset.label(indices[row]),
      targets: pickedTargets(dataset, Uint32Array.from(indices)),
      id: (row) => dataset.id(indices[row]),
    },
    batchSize,
    batchesPerEpoch,
    skipped,
    dispose: () => Promise.resolve(),
    async *epoch(epoch, startBatch = 0) {
      const order = training
        ? Uint32Array.from(Rng.of(seed, 'probe', epoch).permutation(rows.length))
        : Uint32Array.from(rows, (_, row) => row);
      for (let n = startBatch; n < batchesPerEpoch; n++) {
        yield await Promise.resolve(batchOf(order.slice(n * batchSize, (n + 1) * batchSize)));
      }
    },
  };
}
