import { pc } from '../output/colours.ts';
import { scoreWords } from '../output/scores.ts';
import { duration, percent } from '../../report/format.ts';
import type { EpochEvent } from '../../train/events.ts';

/** An epoch in a line that explains itself, for logs and `grep`. */
export function epochSentence(
  { epoch, epochs, train, validation, seconds, best }: EpochEvent,
  isOfClasses = true,
): string {
  const number = `${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`;
  const scores = validation?.scores;
  const learned = `training loss ${train.loss.toFixed(3)}${isOfClasses ? `, top-1 ${percent(train.top1, 1)}` : ''}`;
  const [what, figure] = scoreWords(scores) ?? ['top-1', percent(validation?.top1 ?? 0, 1)];
  const validated =
    validation === undefined
      ? ''
      : `   validation loss ${validation.loss.toFixed(3)}, ${what} ${figure}${best ? ' (best)' : ''}`;
  return `epoch ${number}   ${learned}${validated}   ${duration(seconds)}`;
}

/** A table of epochs for a terminal `columns` wide: `header` names the columns, each epoch is a row below it. */
export class EpochTable {
  readonly #narrow: boolean;
  readonly #isOfClasses: boolean;

  /** `isOfClasses`: whether pictures are of one class each, so that there is a top-1. */
  constructor(columns: number, isOfClasses = true) {
    this.#isOfClasses = isOfClasses;
    this.#narrow = columns < 80;
  }

  header(event: EpochEvent): string {
    const own = this.#isOfClasses ? 'top-1' : '';
    const [score] = scoreWords(event.validation?.scores) ?? [own];
    const names = this.#narrow
      ? ['loss', own, 'val loss', score]
      : ['training loss', own, 'validation loss', score];
    return pc.dim(this.#row(event, ['epoch', ...names, '', 'time']));
  }

  row(event: EpochEvent): string {
    const { epoch, epochs, train, validation, seconds, best } = event;
    const [, score] = scoreWords(validation?.scores) ?? ['', percent(validation?.top1 ?? 0, 1)];
    return this.#row(event, [
      `${epoch + 1}/${epochs}`,
      ...[train.loss.toFixed(3), this.#isOfClasses ? percent(train.top1, 1) : ''],
      ...(validation === undefined ? ['', ''] : [validation.loss.toFixed(3), score]),
      best ? 'best' : '',
      duration(seconds),
    ]);
  }

  #row({ epochs, validation }: EpochEvent, cells: readonly string[]): string {
    const number = Math.max('epoch'.length, 2 * String(epochs).length + 1);
    const widths = this.#narrow ? [number, 6, 7, 8, 7, 4] : [number, 13, 7, 15, 7, 4];
    const kept = cells
      .map((cell, column) => (column === 5 ? cell.padEnd(4) : cell.padStart(widths[column] ?? 0)))
      .filter((_, column) => validation !== undefined || column < 3 || column === 6);
    return kept.join('  ').replace('best', pc.green('best'));
  }
}
