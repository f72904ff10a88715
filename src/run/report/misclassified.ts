import { csvRow } from '../../report/csv.ts';
import type { Classified } from './evaluate-best.ts';

/** Every misclassified picture as a table: a line each below a line of names, in the order of the dataset. */
export function misclassifiedCsv(pictures: readonly Classified[], classes: readonly string[]): string {
  const rows = pictures.map(({ id, label, predicted, top, trueProbability }) => [
    id,
    classes[label],
    classes[predicted],
    rounded(top.find((guess) => guess.label === predicted)?.probability ?? NaN),
    rounded(trueProbability),
  ]);
  const names = ['picture', 'true_class', 'predicted_class', 'probability', 'true_class_probability'];
  return [names, ...rows].map((row) => `${csvRow(row)}\n`).join('');
}

function rounded(probability: number): string {
  return probability.toPrecision(4);
}
