import { CardinalError } from '../../base/errors.ts';

/** A row of a CSV file and the line at which it begins, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of CSV as RFC 4180 has it, blank lines left out; `source` names it in errors. Throws a `CardinalError` for a quote that is not closed. */
export function parseCsv(text: string, source: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let [cells, cell, line, begun]: [string[], string, number, number] = [[], '', 1, 1];
  let isQuoted = false;
  const end = (): void => {
    if (cells.length > 0 || cell.trim() !== '') rows.push({ line: begun, cells: [...cells, cell] });
    [cells, cell, begun] = [[], '', line];
  };
  // A mark that some programs put in front.
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  for (let at = 0; at < body.length; at++) {
    const character = body[at];
    if (character === '\n') line++;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (body[at + 1] === '"') cell += body[at++];
      else isQuoted = false;
    } else if (character === '"' && cell === '') isQuoted = true;
    else if (character === ',') {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') end();
    else if (character !== '\r') cell += character;
  }
  if (isQuoted)
    throw new CardinalError(`${source}:${begun}: expected a quote that is closed, got the end of the file`);
  end();
  return rows;
}
