import stringWidth from 'string-width';
import { cleaned } from './colours.ts';

/** How cells are aligned in their column. */
export type Alignment = 'left' | 'right';

/**
 * Rows as aligned columns, two spaces apart and without trailing blanks. Our colours take no width; other invisible characters
 * are shown.
 */
export function alignColumns(
  cells: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string[] {
  const rows = cells.map((row) => row.map(cleaned));
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

/** How many columns of a terminal `text` takes: two for a wide character (CJK, emoji), none for colours and accents. */
export function visibleLength(text: string): number {
  return stringWidth(text);
}

/** `given` cleaned and cut to `length` columns with an ellipsis where something was cut, between characters as people see them. */
export function shorten(given: string, length: number): string {
  const text = cleaned(given);
  if (visibleLength(text) <= length) return text;
  let kept = '';
  for (const { segment } of characters.segment(text)) {
    if (visibleLength(kept + segment) > length - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
