type Cell = string | number | undefined;

/** A table as CSV: what `columns` makes of each row. Text that is more than a word is quoted; undefined is an empty cell. */
export function csvOf<T>(rows: readonly T[], columns: Readonly<Record<string, (row: T) => Cell>>): string {
  const lines = rows.map((row) => Object.values(columns).map((column) => cell(column(row))));
  return [Object.keys(columns), ...lines].map((line) => `${line.join()}\n`).join('');
}

function cell(value: Cell): string {
  if (typeof value !== 'string') return String(value ?? '');
  return /^[\w.-]*$/.test(value) ? value : `"${value.replaceAll('"', '""')}"`;
}
