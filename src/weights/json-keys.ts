/** What `JSON.parse` does not report on a text that it has accepted. */
export interface JsonKeys {
  /** How many keys stand at each depth: at 1 those of the whole. */
  readonly counts: readonly number[];
  /** Whether numbers are digits alone, without sign, fraction or exponent. Of a text without `true` and `false`. */
  readonly plainNumbers: boolean;
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const notPlain = new Set(Array.from('+-.eE', (character) => character.charCodeAt(0)));

/**
 * Counts the keys of a JSON text, UTF-8, that is well formed. `JSON.parse` keeps the last of several with one name, so there were
 * several if it made fewer of them.
 */
export function countKeys(json: Uint8Array): JsonKeys {
  const counts: number[] = [0];
  let depth = 0;
  let plainNumbers = true;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at);
    else if (byte === colon) counts[depth]++;
    else if (byte === openBrace || byte === openBracket) counts[++depth] ??= 0;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    else if (notPlain.has(byte)) plainNumbers = false;
  }
  return { counts, plainNumbers };
}

/** A key that stands twice in one object, down to the second depth of a text in which `countKeys` found more than there are. */
export function repeatedKey(json: Uint8Array): string | undefined {
  const seen = [new Set<string>(), new Set<string>()];
  let depth = 0;
  let last: readonly [begin: number, end: number] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) {
      const begin = at;
      at = endOfString(json, at);
      last = [begin, at + 1];
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) depth--;
    else if (byte === colon && depth <= seen.length) {
      const key = String(JSON.parse(new TextDecoder().decode(json.subarray(...last))));
      if (seen[depth - 1].has(key)) return key;
      seen[depth - 1].add(key);
      // What follows is another object.
      if (depth === 1) seen[1].clear();
    }
  }
  return undefined;
}

/** Where a string that begins at `begin` ends: the place of its last quote. */
function endOfString(json: Uint8Array, begin: number): number {
  let at = begin + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at;
}
