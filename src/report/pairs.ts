/** Pictures of one class that were misclassified as another. */
export interface Pair<T> {
  /** Indices of the true class and of the one predicted. */
  readonly label: number;
  readonly predicted: number;
  /** The most confident mistake first. */
  readonly pictures: readonly T[];
}

/** Misclassified pictures by pair of true and predicted class, the most frequent pair first. */
export function pairsOf<
  T extends {
    readonly label: number;
    readonly predicted: number;
    readonly top: readonly { readonly probability: number }[];
  },
>(misclassified: readonly T[]): Pair<T>[] {
  const confidence = ({ top }: T): number => top[0]?.probability ?? 0;
  return [...Map.groupBy(misclassified, ({ label, predicted }) => `${label} ${predicted}`).values()]
    .map((pictures) => ({
      label: pictures[0].label,
      predicted: pictures[0].predicted,
      pictures: pictures.toSorted((a, b) => confidence(b) - confidence(a)),
    }))
    .sort((a, b) => b.pictures.length - a.pictures.length || a.label - b.label || a.predicted - b.predicted);
}
