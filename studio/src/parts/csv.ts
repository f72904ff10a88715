import { saveFile } from './save-file.ts';

/** Gives the visitor a table as a CSV file. */
export function saveCsv(name: string, rows: readonly (readonly (string | number)[])[]): void {
  saveFile(`${name}.csv`, new Blob([csvOf(rows)], { type: 'text/csv' }));
}

/** Rows as CSV; what a spreadsheet would compute gets an apostrophe in front. */
function csvOf(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string => {
    const text = typeof value === 'string' ? value.replace(/^(?=["'\s]*[=+\-@])/, "'") : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('');
}
