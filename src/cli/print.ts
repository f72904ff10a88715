import wrapAnsi from 'wrap-ansi';

/** Lines for the person at the terminal, on stdout; lists of them as they are, because a call takes some ten thousand arguments. */
export function print(...lines: readonly (string | readonly string[])[]): void {
  process.stdout.write(`${lines.flat().join('\n')}\n`);
}

/** The one document that `--json` promises, on stdout; in parts, because a text has an end, and a list of tensors may be longer. */
export function printJson(value: unknown): void {
  for (const part of jsonParts(value)) process.stdout.write(part);
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
export function tell(...lines: readonly (string | readonly string[])[]): void {
  process.stderr.write(
    `${lines
      .flat()
      .flatMap((line) => wrapped(line, process.stderr))
      .join('\n')}\n`,
  );
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
