/** The source of a regular expression that takes what `pattern` does: `*` is any text, `?` any one character, all else itself. */
export function globSource(pattern: string): string {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return escaped.replaceAll('\\*', '.*').replaceAll('\\?', '.');
}
