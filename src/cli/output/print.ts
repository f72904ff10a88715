import wrapAnsi from 'wrap-ansi';
import { visible } from '../../base/quoted.ts';
import { cleaned, finished } from './colours.ts';
import { inFlags } from './in-flags.ts';
import { writeLines, type Lines } from './lines.ts';

/** Writes the answer, on stdout. */
export function print(...lines: Lines): void {
  writeLines(process.stdout, lines.flat());
}

/** Writes the one document of `--json`, on stdout; in parts, because a list of tensors may exceed the longest string. */
export function printJson(value: unknown): void {
  for (const part of jsonParts(value)) process.stdout.write(part.split('\n').map(finished).join('\n'));
}

const itemsAtOnce = 10_000;

/** The text of `JSON.stringify(value, undefined, 2)` and a line break; long lists in the fields of an object come in parts. */
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

/** Writes progress and warnings, on stderr, so that stdout can be piped; options that the library names become flags. */
export function tell(...lines: Lines): void {
  writeLines(
    process.stderr,
    lines.flat().flatMap((line) => wrapped(inFlags(line), process.stderr)),
  );
}

/**
 * A word quoted for a shell, if it needs to be. Characters that would not be shown as they are become escaped bytes
 * (`$'\033'`, as in bash, zsh and POSIX 2024), so that the command can be pasted.
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

/** Three octal digits for each byte: some shells read any number of hexadecimal ones. */
function octal(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/**
 * Wraps a sentence to the width of a terminal, with the further lines indented. Elsewhere it stays one line, for logs and
 * `grep`.
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
