import type { Rng } from '../../src/base/rng.ts';

/** Numbers at which lengths, sizes and offsets go wrong. */
const edges = [0n, 1n, 2n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n]; // prettier-ignore

/** Opcodes of pickles, and others. */
const opcodes = Array.from('().0NK]}lau2dtesbRQcqhrjXUTCBGJMIVFLSPio', (letter) => letter.charCodeAt(0));
const highOpcodes = [0x80, 0x81, 0x82, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98]; // prettier-ignore

/**
 * A damaged copy of `bytes`: up to `most` times one of a flipped bit, a byte of note, a length of note, an opcode put in
 * or over another, a part that is cut out, doubled or taken from `others`, or an end that is missing. All of it lies
 * between `begin` and `end`.
 */
export function mutate(
  bytes: Uint8Array,
  rng: Rng,
  others: readonly Uint8Array[],
  { begin = 0, end = bytes.length, most = 3 } = {},
): Uint8Array {
  // A Buffer's own `slice` would be a view, and what it is of would be damaged.
  let part: Uint8Array = Uint8Array.prototype.slice.call(bytes, begin, end);
  for (let left = 1 + rng.int(most); left > 0; left--) part = once(part, rng, others);
  return joined(bytes.subarray(0, begin), part, bytes.subarray(end));
}

function once(bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]): Uint8Array {
  const at = rng.int(bytes.length);
  const to = Math.min(bytes.length, at + 1 + rng.int(40));
  switch (rng.int(10)) {
    case 0:
      return patched(bytes, at, [(bytes[at] ?? 0) ^ (1 << rng.int(8))]);
    case 1:
      return patched(bytes, at, [[0, 1, 0x7f, 0x80, 0xff, 10, 32, 34][rng.int(8)]]);
    case 2:
      return patched(bytes, at, [rng.int(256)]);
    case 3:
    case 4:
      return patched(bytes, at, edge(rng, bytes.length));
    case 5:
      return patched(bytes, at, [opcode(rng)]);
    case 6:
      return joined(bytes.subarray(0, at), Uint8Array.of(opcode(rng)), bytes.subarray(at));
    case 7:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 8:
      return joined(bytes.subarray(0, to), bytes.subarray(at));
    default: {
      if (rng.int(4) === 0) return bytes.slice(0, at);
      const other = others[rng.int(others.length)];
      const from = rng.int(other.length);
      return joined(bytes.subarray(0, at), other.subarray(from, from + 1 + rng.int(60)), bytes.subarray(to));
    }
  }
}

function opcode(rng: Rng): number {
  const all = [...opcodes, ...highOpcodes];
  return all[rng.int(all.length)];
}

/** A number at which something that is `length` long goes wrong. */
export function edgeNumber(rng: Rng, length: number): bigint {
  const values = [...edges, BigInt(length), BigInt(rng.int(length + 2))];
  return values[rng.int(values.length)];
}

/** A number of note, little-endian, in 1, 2, 4 or 8 bytes. */
function edge(rng: Rng, length: number): number[] {
  const value = edgeNumber(rng, length);
  return Array.from({ length: 1 << rng.int(4) }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function patched(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  values.forEach((value, index) => {
    if (at + index < copy.length) copy[at + index] = value;
  });
  return copy;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
