import { pc } from './colours.ts';
import { count, digits3, percent } from '../../report/format.ts';
import type { Evaluation } from '../../train/metrics.ts';
import { taskLines } from './scores.ts';
import { alignColumns, shorten } from './table.ts';

/** Up to this many classes a confusion matrix fits a terminal. */
const mostColumns = 20;

/** An evaluation for a terminal: accuracy and loss, a row per class, and which classes are confused. */
export function evaluationLines(evaluation: Evaluation, on: string): string[] {
  if (evaluation.scores !== undefined) return taskLines(evaluation, evaluation.scores, on);
  return [
    ...scoreLines(evaluation, on),
    '',
    ...classLines(evaluation),
    '',
    ...(evaluation.perClass.length <= mostColumns ? matrixLines(evaluation) : confusedPairLines(evaluation)),
  ];
}

/** An evaluation as JSON: of labels and numbers with their own figures in place of those of classes. */
export function evaluationJson(evaluation: Evaluation): object {
  const { scores, total, loss } = evaluation;
  return scores === undefined ? evaluation : { total, loss, ...scores };
}

/** Accuracy and loss on `on`, in one line. */
function scoreLines({ top1, top5, loss, correct, total, perClass }: Evaluation, on: string): string[] {
  const fifth = perClass.length > 5 ? `   top-5 ${pc.bold(percent(top5))}` : '';
  return [
    `top-1 ${pc.bold(percent(top1))}${fifth}   loss ${digits3(loss)}   (${count(correct)} of ${count(total)} ${on} correct)`,
  ];
}

function classLines({ perClass }: Evaluation): string[] {
  const rows = perClass.map(({ name, total, precision, recall, f1 }) => [
    shorten(name, 32),
    count(total),
    percent(precision, 1),
    percent(recall, 1),
    percent(f1, 1),
  ]);
  const header = ['class', 'pictures', 'precision', 'recall', 'F1'].map((title) => pc.dim(title));
  return alignColumns([header, ...rows], ['left', 'right', 'right', 'right', 'right']);
}

/** Rows are true classes, columns predicted ones, both numbered so that long names fit. */
function matrixLines({ confusion, perClass }: Evaluation): string[] {
  const header = ['', '', ...perClass.map((_, index) => pc.dim(String(index)))];
  const rows = confusion.map((row, truth) => [
    pc.dim(String(truth)),
    shorten(perClass[truth].name, 24),
    ...row.map((value, guess) => {
      if (value === 0) return pc.dim('·');
      return truth === guess ? pc.green(String(value)) : pc.yellow(String(value));
    }),
  ]);
  const numbers = perClass.map(() => 'right' as const);
  return [
    pc.dim('confusion matrix: rows are true classes, columns predicted ones'),
    ...alignColumns([header, ...rows], ['right', 'left', ...numbers]),
  ];
}

function confusedPairLines({ confusion, perClass }: Evaluation): string[] {
  const pairs = confusion
    .flatMap((row, truth) => row.map((value, guess) => ({ truth, guess, value })))
    .filter(({ truth, guess, value }) => truth !== guess && value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, 10);
  if (pairs.length === 0) return [];
  const rows = pairs.map(({ truth, guess, value }) => [
    shorten(perClass[truth].name, 32),
    shorten(perClass[guess].name, 32),
    count(value),
  ]);
  const header = ['most often confused: true class', 'predicted', 'pictures'].map((title) => pc.dim(title));
  return alignColumns([header, ...rows], ['left', 'left', 'right']);
}
