/** A name out of a file as messages show it: in quotes, cut if it is longer than a person reads. */
export function quoted(name: string): string {
  return `'${name.length > longest ? `${name.slice(0, longest)}…` : name}'`;
}

const longest = 120;
