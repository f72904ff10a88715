import { CardinalError } from '../../base/errors.ts';

/** Names that one expression may stand for. */
const mostNames = 1_000_000;

/**
 * What an expression with braces stands for, as bash and Python's `braceexpand` have it: `{a,b}`, `{000..099}` with as many digits as
 * its longer end, `{0..9..3}`, `{a..e}`, and these within each other. A brace that is none of these is a letter. `\` is one too, but before
 * a brace or a comma.
 *
 * @throws CardinalError for more names than a million
 */
export function expandBraces(text: string): string[] {
  const names = expand(text);
  return names.map((name) => name.replace(/\\([{},\\])/g, '$1'));
}

/** Whether an expression stands for several names. */
export function hasBraces(text: string): boolean {
  return firstGroup(text, 0) !== undefined;
}

function expand(text: string): string[] {
  const group = firstGroup(text, 0);
  if (group === undefined) return [text];
  const before = text.slice(0, group.begin);
  const after = expand(text.slice(group.end));
  const middle = group.range ?? group.parts.flatMap(expand);
  if (middle.length * after.length > mostNames) {
    throw new CardinalError(`${text} stands for more than ${mostNames} names`);
  }
  return middle.flatMap((one) => after.map((rest) => before + one + rest));
}

interface Group {
  readonly begin: number;
  readonly end: number;
  readonly parts: readonly string[];
  readonly range: readonly string[] | undefined;
}

/** The first group of braces from `from` on. */
function firstGroup(text: string, from: number): Group | undefined {
  for (let begin = from; begin < text.length; begin++) {
    if (text[begin] === '\\') begin++;
    else if (text[begin] === '{') {
      const group = groupAt(text, begin);
      if (group !== undefined) return group;
    }
  }
  return undefined;
}

function groupAt(text: string, begin: number): Group | undefined {
  const parts: string[] = [];
  let depth = 0;
  let since = begin + 1;
  for (let at = begin; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\\') at++;
    else if (letter === '{') depth++;
    else if (letter === ',' && depth === 1) {
      parts.push(text.slice(since, at));
      since = at + 1;
    } else if (letter === '}' && --depth === 0) {
      parts.push(text.slice(since, at));
      const range = parts.length === 1 ? rangeOf(parts[0]) : undefined;
      if (parts.length === 1 && range === undefined) return undefined;
      return { begin, end: at + 1, parts, range };
    }
  }
  return undefined;
}

function rangeOf(text: string): string[] | undefined {
  const numbers = /^(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?$/.exec(text);
  const letters = /^([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d+))?$/.exec(text);
  const match = numbers ?? letters;
  if (match === null) return undefined;
  const [, first, last, step = '1'] = match;
  const asNumber = (end: string): number => (numbers === null ? (end.codePointAt(0) ?? 0) : Number(end));
  const [from, to] = [asNumber(first), asNumber(last)];
  const by = Math.max(1, Math.abs(Number(step))) * (from <= to ? 1 : -1);
  const count = Math.floor(Math.abs(to - from) / Math.abs(by)) + 1;
  if (count > mostNames) throw new CardinalError(`{${text}} stands for more than ${mostNames} names`);
  const isPadded = numbers !== null && [first, last].some((end) => /^-?0\d/.test(end));
  const width = isPadded ? Math.max(first.length, last.length) : 0;
  return Array.from({ length: count }, (_, i) => {
    const value = from + i * by;
    if (numbers === null) return String.fromCodePoint(value);
    const digits = String(Math.abs(value)).padStart(value < 0 ? width - 1 : width, '0');
    return value < 0 ? `-${digits}` : digits;
  });
}
