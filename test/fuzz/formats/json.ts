import fc from 'fast-check';
import type { Rng } from '../../../src/base/rng.ts';
import type { JsonValue } from '../../../src/base/validate.ts';
import { mutate } from '../../support/mutate.ts';

const hostile: readonly JsonValue[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 1e9, 1e15, 2 ** 31, 2 ** 32, 2 ** 53 + 2, 1e308, -1e308, 1e-320],
  ...['', ' ', '0', 'NaN', 'a\nb', '\u001b[2J', '\u202e', '\ud800', '\0', '__proto__', '../../x', 'x'.repeat(5000)], // prettier-ignore
  ...[[], {}, [[]], [null], { length: 3 }, { toString: 1 }, [1, 2, 3, 4, 5], Array.from({ length: 300 }, (_, i) => i)], // prettier-ignore
];
const keys = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'length',
  '0',
  '-1',
  'a.b',
  'ü\n',
  'x'.repeat(3000),
];

/** Words in place of which JSON text is no longer what its parser expects. */
const words = ['"\\n"', '"__proto__"', '"toString"', '""', `"${'x'.repeat(5000)}"`, '1e400', '-1', '1.5', '4294967296', '9007199254740993', '18446744073709551616', 'null', '{}', '[]', '1,1', 'NaN', '01', `${'['.repeat(3000)}${']'.repeat(3000)}`, `${'['.repeat(100_000)}${']'.repeat(100_000)}`, `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`]; // prettier-ignore

/**
 * Damaged JSON, one time in two still JSON: a value of its tree replaced, left out, repeated, exchanged with another, wrapped or
 * renamed; or else its text, words or bytes of it, so that keys occur twice and brackets do not match.
 */
export function mutateJson(bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]): Uint8Array {
  if (rng.int(10) === 0) return mutate(bytes, rng, others, { most: 2 });
  const text = new TextDecoder().decode(bytes);
  const tree = rng.int(2) === 0 ? parsed(text) : undefined;
  const changed = tree === undefined ? reworded(text, rng) : JSON.stringify(mutateTree(tree, rng));
  return new TextEncoder().encode(changed);
}

/** A few words of a text replaced: strings, names and numbers, by hostile ones or by each other. */
export function reworded(text: string, rng: Rng): string {
  let changed = text;
  for (let left = 1 + rng.int(2); left > 0; left--) {
    const tokens = [...changed.matchAll(/"(?:[^"\\]|\\.)*"|(?<=[[,:]\s*)-?\d[\d.eE+-]*/g)];
    if (tokens.length === 0) return changed;
    const { 0: old, index } = tokens[rng.int(tokens.length)];
    const by = rng.int(2) === 0 ? words[rng.int(words.length)] : tokens[rng.int(tokens.length)][0];
    changed = changed.slice(0, index) + by + changed.slice(index + old.length);
  }
  return changed;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** A value with one to three of the values in it changed. */
export function mutateTree(value: JsonValue, rng: Rng): JsonValue {
  let changed = value;
  for (let left = 1 + rng.int(3); left > 0; left--) changed = within(changed, rng, changed);
  return changed;
}

/** Goes down to some value, and changes it. */
function within(value: JsonValue, rng: Rng, root: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return other(value, rng, root);
  const entries: [string, JsonValue][] = Object.entries(value);
  if (entries.length === 0 || rng.int(8) === 0) return other(value, rng, root);
  const at = rng.int(entries.length);
  const [key, inner] = entries[at];
  switch (rng.int(12)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries[at] = [keys[rng.int(keys.length)], inner];
      break;
    case 2: {
      const swap = rng.int(entries.length);
      [entries[at], entries[swap]] = [
        [key, entries[swap][1]],
        [entries[swap][0], inner],
      ];
      break;
    }
    case 3:
      for (let copies = 1 << rng.int(8); copies > 0; copies--) entries.push([`${key}${copies}`, inner]);
      break;
    default:
      entries[at] = [key, within(inner, rng, root)];
  }
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function other(value: JsonValue, rng: Rng, root: JsonValue): JsonValue {
  switch (rng.int(6)) {
    case 0:
      return fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed: rng.int(2 ** 31), numRuns: 1 })[0] as JsonValue;
    case 1:
      return fc.sample(fc.string({ unit: 'binary' }), { seed: rng.int(2 ** 31), numRuns: 1 })[0];
    case 2:
      return rng.int(2) === 0 ? [value] : { value };
    case 3:
      return rng.int(4) === 0 ? root : value;
    default:
      return hostile[rng.int(hostile.length)];
  }
}
