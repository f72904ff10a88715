import wrapAnsi from 'wrap-ansi';

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
  process.stderr.write(`${lines.flatMap((line) => wrapped(line, process.stderr)).join('\n')}\n`);
}

/** A word of a command line, quoted where a shell would take it for something else. */
export function shellWord(word: string): string {
  return /^[\w./:=,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * A sentence for `stream`, as lines: on a terminal broken between words where it is wider, what goes on indented; anywhere
 * else one line, which logs and `grep` want.
 */
export function wrapped(
  text: string,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> = process.stdout,
): string[] {
  const indent = '  ';
  if (!stream.isTTY || stream.columns <= 4 * indent.length) return [text];
  const [first, ...rest] = wrapAnsi(text, stream.columns - indent.length).split('\n');
  return [first, ...rest.map((line) => indent + line)];
}
