import { csvFormatRow } from 'd3-dsv';
import { visible } from '../base/quoted.ts';

/**
 * A row of a table that spreadsheets may open. Names of strangers stand in it: hidden characters are shown, and text that a
 * spreadsheet would compute (`=`, `+`, `-`, `@`, their wide forms) gets an apostrophe in front, which makes it text there. So
 * does what begins like that behind a semicolon, where those of some countries begin another cell. Numbers stay numbers, and a sign
 * alone is none.
 */
export function csvRow(cells: readonly (string | number | undefined)[]): string {
  return csvFormatRow(
    cells.map((cell) =>
      typeof cell === 'string' ? visible(cell).replace(formula, "$1'$2") : String(cell ?? ''),
    ),
  );
}

/** The text that a cell of `csvRow` was made of. */
export function csvText(cell: string): string {
  return cell.replace(escapedFormula, '$1$2');
}

const begin = String.raw`["'\s]*[=+\-@＝＋－＠](?!$|;)`;
const formula = new RegExp(`(^|;)(${begin})`, 'g');
const escapedFormula = new RegExp(`(^|;)'(${begin})`, 'g');
