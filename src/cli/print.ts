/** Lines for the person at the terminal, on stdout. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The one document that `--json` promises, on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** What goes beside the answer (progress, warnings), on stderr, so that stdout can be piped. */
export function tell(...lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** A word of a command line, quoted where a shell would take it for something else. */
export function shellWord(word: string): string {
  return /^[\w./:=,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
