/**
 * Text out of a file as messages show it: cut if it is longer than a person reads, and on one line, whatever it holds:
 * line ends and other control characters are shown as `\u000a`.
 */
export function shortened(text: string, longest = 120): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A name out of a file as messages show it. */
export function quoted(name: string): string {
  return `'${shortened(name)}'`;
}
