/** Which side of its column a cell keeps to. */
export type Alignment = 'left' | 'right';

/**
 * Rows as aligned columns, two spaces apart. Escape codes of colours take no room. Lines have no trailing blanks.
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const room = ' '.repeat((widths[column] ?? 0) - visibleLength(cell));
        return alignments[column] === 'right' ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** How many columns of a terminal `text` takes, without its colours. */
export function visibleLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- escape codes begin with a control character
  return Array.from(text.replace(/\u001b\[[0-9;]*m/g, '')).length;
}

/** `text` cut to `length` with an ellipsis where something was cut. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
