import wrapAnsi from 'wrap-ansi';
import { visible } from '../base/quoted.ts';
import { cleaned, finished } from './colours.ts';

/**
 * The one way by which lines leave the command line. Names and messages of strangers stand in them: each is shown on one line and
 * with nothing in it that a terminal obeys but our colours.
 */
export function writeLines(stream: Pick<NodeJS.WriteStream, 'write'>, ...lines: readonly string[]): void {
  stream.write(`${lines.map(finished).join('\n')}\n`);
}

/** Lines for the person at the terminal, on stdout. */
export function print(...lines: readonly string[]): void {
  writeLines(process.stdout, ...lines);
}

/** The one document that `--json` promises, on stdout. */
export function printJson(value: unknown): void {
  print(...JSON.stringify(value, undefined, 2).split('\n'));
}

/** What goes beside the answer (progress, warnings), on stderr, so that stdout can be piped. */
export function tell(...lines: readonly string[]): void {
  writeLines(process.stderr, ...lines.flatMap((line) => wrapped(line, process.stderr)));
}

/**
 * A word of a command line, quoted where a shell would take it for something else. One with characters that are not shown as
 * they are is quoted with their bytes, as bash, zsh and POSIX of 2024 read them, so that it can be pasted.
 */
export function shellWord(word: string): string {
  if (/^[\w./:=,@+-]+$/.test(word)) return word;
  if (visible(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  const characters = Array.from(word, (character) => {
    if (/['\\]/.test(character)) return `\\${character}`;
    return visible(character) === character ? character : octal(character);
  });
  return `$'${characters.join('')}'`;
}

/** Three octal digits for each byte: of hexadecimal ones some shells read as many as come. */
function octal(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
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
  const line = cleaned(text);
  if (!stream.isTTY || stream.columns <= 4 * indent.length) return [line];
  const [first, ...rest] = wrapAnsi(line, stream.columns - indent.length).split('\n');
  return [first, ...rest.map((more) => indent + more)];
}
