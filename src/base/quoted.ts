/** Text out of a file as messages show it: cut if it is longer than a person reads. */
export function shortened(text: string, longest = 120): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** A name out of a file as messages show it. */
export function quoted(name: string): string {
  return `'${shortened(name)}'`;
}
