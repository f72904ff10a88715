import type { Rng } from '../../../src/base/rng.ts';
import { edgeNumber, joined, mutate } from '../../support/mutate.ts';

/** A format that is a row of records: chunks, segments, boxes, entries. */
export interface Records {
  /** The records, heads and what stands between them included; together they are the file. May throw for one that is damaged. */
  readonly split: (bytes: Uint8Array) => Uint8Array[];
  /** Puts lengths and checksums of a record right; most readers look no further where they are wrong. */
  readonly seal?: (record: Uint8Array) => Uint8Array;
  /** The same for the whole file. */
  readonly sealFile?: (bytes: Uint8Array) => Uint8Array;
  /** Another way to damage the inside of a record. */
  readonly inside?: (record: Uint8Array, rng: Rng) => Uint8Array | undefined;
}

/**
 * A file with some records left out, doubled, exchanged, put in from others or damaged inside, sealed for the most part; now and
 * then one that is damaged without regard to its records.
 */
export function mutateRecords(
  format: Records,
  bytes: Uint8Array,
  rng: Rng,
  others: readonly Uint8Array[],
): Uint8Array {
  const records = rng.int(6) === 0 ? undefined : splitIfWhole(format, bytes);
  if (records === undefined || records.length === 0) return mutate(bytes, rng, others, { most: 2 });
  for (let left = 1 + rng.int(3); left > 0 && records.length > 0; left--)
    changeOne(format, records, rng, others);
  if (rng.int(5) === 0) return joined(...records);
  const same = (bytes: Uint8Array): Uint8Array => bytes;
  const { seal = same, sealFile = same } = format;
  return sealFile(joined(...records.map(seal)));
}

function changeOne(format: Records, records: Uint8Array[], rng: Rng, others: readonly Uint8Array[]): void {
  const at = rng.int(records.length);
  switch (rng.int(10)) {
    case 0:
      records.splice(at, 1);
      break;
    case 1:
      records.splice(at, 0, records[rng.int(records.length)]);
      break;
    case 2: {
      const other = rng.int(records.length);
      [records[at], records[other]] = [records[other], records[at]];
      break;
    }
    case 3: {
      const from = splitIfWhole(format, others[rng.int(others.length)]) ?? [];
      if (from.length > 0) records.splice(at, 0, from[rng.int(from.length)]);
      break;
    }
    case 4:
      records.splice(at, 0, ...Array.from({ length: 1 << rng.int(9) }, () => records[at]));
      break;
    default: {
      const record = records[at];
      records[at] =
        (rng.int(2) === 0 ? format.inside?.(record, rng) : undefined) ??
        (record.length === 0 ? record : mutate(record, rng, [record], { most: 2 }));
    }
  }
}

function splitIfWhole({ split }: Records, bytes: Uint8Array): Uint8Array[] | undefined {
  try {
    return split(bytes);
  } catch {
    return undefined;
  }
}

/** A number of a header: where it stands, and in how many bytes. */
export interface Field {
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly bigEndian?: boolean;
}

/** A copy with one number of a header set to one that is trouble: for numbers of sizes most of all, small ones as well. */
export function patchField(
  bytes: Uint8Array,
  { at, bytes: width, bigEndian = false }: Field,
  rng: Rng,
): Uint8Array {
  const value = rng.int(3) === 0 ? BigInt(rng.int(70)) : edgeNumber(rng, bytes.length);
  return writeField(bytes, { at, bytes: width, bigEndian }, value);
}

export function writeField(
  bytes: Uint8Array,
  { at, bytes: width, bigEndian }: Field,
  value: bigint,
): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < width; i++) {
    const place = at + (bigEndian === true ? width - 1 - i : i);
    if (place < copy.length) copy[place] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return copy;
}
