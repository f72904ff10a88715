/** A text that fits into so many pixels, if its letters are about so wide; shortened in its end. */
export function fitted(text: string, width: number, letter: number): string {
  const most = Math.floor(width / letter);
  if (text.length <= most) return text;
  return most < 2 ? '' : `${text.slice(0, most - 1)}…`;
}
