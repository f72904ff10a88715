import wrapAnsi from 'wrap-ansi';
import { visible } from '../../base/quoted.ts';
import { cleaned, finished } from './colours.ts';
import { writeLines, type Lines } from './lines.ts';

/** Lines for the person at the terminal, on stdout. */
export function print(...lines: Lines): void {
  writeLines(process.stdout, lines.flat());
}

/** The one document that `--json` promises, on stdout; in parts, because a text has an end, and a list of tensors may be longer. */
export function printJson(value: unknown): void {
  for (const part of jsonParts(value)) process.stdout.write(part.split('\n').map(finished).join('\n'));
}

const itemsAtOnce = 10_000;

/** The text of `JSON.stringify(value, undefined, 2)` and a line end, of which long lists that an object has come in parts. */
export function* jsonParts(value: unknown): Generator<string, void, undefined> {
  const isLong = (part: unknown): part is unknown[] => Array.isArray(part) && part.length > itemsAtOnce;
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (!fields.some(([, field]) => isLong(field))) {
    yield `${JSON.stringify(value, undefined, 2)}\n`;
    return;
  }
  const indented = (part: unknown): string => JSON.stringify(part, undefined, 2).replaceAll('\n', '\n  ');
  let before = '{';
  for (const [key, field] of fields as [string, unknown][]) {
    if (field === undefined) continue;
    yield `${before}\n  ${JSON.stringify(key)}: `;
    before = ',';
    if (!isLong(field)) {
      yield indented(field);
      continue;
    }
    for (let first = 0; first < field.length; first += itemsAtOnce) {
      const last = first + itemsAtOnce >= field.length;
      const text = indented(field.slice(first, first + itemsAtOnce));
      yield (first === 0 ? '[' : ',') + text.slice(1, last ? undefined : -'\n  ]'.length);
    }
  }
  yield '\n}\n';
}

/** What goes beside the answer (progress, warnings), on stderr, so that stdout can be piped. */
export function tell(...lines: Lines): void {
  writeLines(
    process.stderr,
    lines.flat().flatMap((line) => wrapped(line, process.stderr)),
  );
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
