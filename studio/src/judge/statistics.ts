import { probabilitiesOf } from 'cardinal-nn';
import type { Judged } from 'cardinal-nn/studio';

/** A picture with what the network takes it for. */
export interface Row {
  /** In the answer, and in the split. */
  readonly at: number;
  readonly index: number;
  readonly name: string;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly confidence: number;
  /** −log of the true class's probability, in nats. */
  readonly loss: number;
  /** Probability of the true class less that of the likeliest other: below 0 where it is wrong. */
  readonly margin: number;
}

/** What pictures are sorted by, and which of them come first. */
export const orders = {
  sure: { title: 'most sure first', by: (row: Row) => -row.confidence },
  unsure: { title: 'least sure first', by: (row: Row) => row.confidence },
  loss: { title: 'largest loss first', by: (row: Row) => -row.loss },
  margin: { title: 'smallest margin first', by: (row: Row) => row.margin },
} as const;
export type Order = keyof typeof orders;

/** Every picture, its probabilities at a temperature. */
export function rowsOf({ logits, labels, indices, names, classes }: Judged, temperature: number): Row[] {
  const width = classes.length;
  const probabilities = probabilitiesOf(logits, { classes: width, temperature });
  return Array.from(labels, (label, at) => {
    const own = probabilities.subarray(at * width, (at + 1) * width);
    let predicted = 0;
    let other = 0;
    own.forEach((probability, k) => {
      if (probability > own[predicted]) predicted = k;
      if (k !== label) other = Math.max(other, probability);
    });
    return {
      ...{ at, index: indices[at], name: names[at], label, predicted, confidence: own[predicted] },
      ...{ loss: -Math.log(Math.max(own[label], Number.MIN_VALUE)), margin: own[label] - other },
    };
  });
}

/** Pictures by true class (row) and predicted class (column). */
export function confusionOf(rows: readonly Row[], classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const { label, predicted } of rows) counts[label][predicted]++;
  return counts;
}

/** Of a class against all others: how precise the network is, by how much of the class it finds, from its most probable picture down. */
export function precisionRecall(
  { logits, labels, classes }: Judged,
  temperature: number,
  label: number,
): { readonly recall: number; readonly precision: number }[] {
  const width = classes.length;
  const probabilities = probabilitiesOf(logits, { classes: width, temperature });
  const order = Array.from(labels.keys()).sort(
    (a, b) => probabilities[b * width + label] - probabilities[a * width + label],
  );
  const all = labels.reduce((total, one) => total + (one === label ? 1 : 0), 0);
  let found = 0;
  const points: { recall: number; precision: number }[] = [];
  order.forEach((at, place) => {
    if (labels[at] !== label) return;
    found++;
    points.push({ recall: found / all, precision: found / (place + 1) });
  });
  return points;
}
