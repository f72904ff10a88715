/** A line of a Markdown table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A time, a rate: three digits as a rule. */
export function ms(time: number): string {
  return time.toFixed(time < 100 ? 1 : 0);
}

/** Text that may have what divides cells. */
export function inCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
