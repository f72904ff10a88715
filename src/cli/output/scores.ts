import { count, digits3, percent } from '../../report/format.ts';
import type { Evaluation, TaskScores } from '../../train/metrics.ts';
import { pc } from './colours.ts';
import { alignColumns, shorten } from './table.ts';

/** How well labels or numbers are predicted, for a terminal: all together in one line, then a row for each. */
export function taskLines({ loss, total }: Evaluation, scores: TaskScores, on: string): string[] {
  const of = `loss ${digits3(loss)}   (${count(total)} ${on})`;
  if (scores.task === 'labels') {
    const { mAP, microF1, macroF1, perLabel } = scores;
    const rows = perLabel.map(({ name, total: pictures, averagePrecision, precision, recall, f1 }) => [
      ...[shorten(name, 32), count(pictures)],
      ...[averagePrecision, precision, recall, f1].map((share) => percent(share, 1)),
    ]);
    const header = ['label', 'pictures', 'average precision', 'precision', 'recall', 'F1'].map((title) =>
      pc.dim(title),
    );
    return [
      `mAP ${pc.bold(percent(mAP))}   micro F1 ${percent(microF1)}   macro F1 ${percent(macroF1)}   ${of}`,
      '',
      ...alignColumns([header, ...rows], ['left', 'right', 'right', 'right', 'right', 'right']),
    ];
  }
  const { mae, rmse, r2, perNumber } = scores;
  const rows = perNumber.map(({ name, ...errors }) => [
    shorten(name, 32),
    ...[errors.mae, errors.rmse, errors.r2].map(digits3),
  ]);
  const header = ['number', 'MAE', 'RMSE', 'R²'].map((title) => pc.dim(title));
  return [
    `RMSE ${pc.bold(digits3(rmse))}   MAE ${digits3(mae)}   R² ${digits3(r2)}   ${of}`,
    '',
    ...alignColumns([header, ...rows], ['left', 'right', 'right', 'right']),
  ];
}

/** The figure that tells how good an epoch was, in words; undefined for classes, of which it is top-1. */
export function scoreWords(
  scores: Readonly<Record<string, number>> | undefined,
): readonly [name: string, value: string] | undefined {
  if (scores === undefined) return undefined;
  const { mAP, rmse } = scores;
  return 'mAP' in scores ? ['mAP', percent(mAP, 1)] : ['RMSE', digits3(rmse)];
}
