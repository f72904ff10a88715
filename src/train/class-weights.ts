import type { Batch, Dataset } from '../data/dataset.ts';

/** The weight of each class, pictures / (classes · pictures of the class); classes without pictures have none. */
export function classWeights(dataset: Dataset): Float64Array {
  const counts = new Float64Array(dataset.classes.length);
  for (let index = 0; index < dataset.length; index++) counts[dataset.label(index)]++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : dataset.length / (present * count)));
}

/**
 * Targets with which a plain mean cross-entropy, without label smoothing of its own, is torch.nn.CrossEntropyLoss(weight,
 * label_smoothing) of a full batch: of classes Σ w·l / Σ w, or, if pictures are mixed and targets are probabilities, the
 * mean over pictures of Σₖ wₖ·tₖ·lₖ.
 */
export function weighTargets(
  { target, labels, size }: Pick<Batch, 'target' | 'labels' | 'size'>,
  weights: Float64Array,
  {
    smoothing,
    mixed,
    whole,
  }: {
    readonly smoothing: number;
    readonly mixed: boolean;
    /** Of the whole batch, where these are some of its rows: its size, and the sum of its pictures' weights. */
    readonly whole?: { readonly size: number; readonly total: number } | undefined;
  },
): Float32Array<ArrayBuffer> {
  const classes = weights.length;
  const { size: pictures, total } = whole ?? { size, total: sumOfWeights(labels, weights) };
  const weighed = new Float32Array(target.length);
  for (let row = 0; row < size; row++) {
    const own = mixed ? 1 : (pictures / total) * weights[labels[row]];
    const spread = mixed ? 1 : pictures / total;
    for (let k = 0; k < classes; k++) {
      const at = row * classes + k;
      weighed[at] =
        own * (1 - smoothing) * target[at] * (mixed ? weights[k] : 1) +
        spread * (smoothing / classes) * weights[k];
    }
  }
  return weighed;
}

/** Σ w over pictures. */
export function sumOfWeights(labels: Int32Array, weights: Float64Array): number {
  return labels.reduce((sum, label) => sum + weights[label], 0);
}
