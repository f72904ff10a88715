import { crc32, deflateRawSync } from 'node:zlib';
import type { Rng } from '../../../src/base/rng.ts';
import { joined, mutate } from '../../support/mutate.ts';
import { zipRecords } from '../../support/stored-zip.ts';
import { patchField, type Field } from './records.ts';

/** A record of an archive: its name, and its data as they are stored. */
export interface ZipRecord {
  readonly name: string;
  readonly data: Uint8Array;
  /** Deflated, if it is so stored. */
  readonly deflated?: boolean;
}

export function recordsOf(archive: Uint8Array): ZipRecord[] {
  return Array.from(zipRecords(archive), ([name, data]) => ({ name, data }));
}

/** An archive with right sizes and checksums, and where its numbers stand. */
export function buildZip(records: readonly ZipRecord[]): { bytes: Uint8Array; fields: Field[] } {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const fields: Field[] = [];
  let at = 0;
  const add = (
    to: Uint8Array[],
    ...numbers: readonly (readonly [bytes: 1 | 2 | 4, value: number])[]
  ): void => {
    const header = new Uint8Array(numbers.reduce((sum, [bytes]) => sum + bytes, 0));
    let place = 0;
    for (const [bytes, value] of numbers) {
      for (let i = 0; i < bytes; i++) header[place + i] = value >>> (8 * i);
      place += bytes;
    }
    to.push(header);
  };
  for (const { name, data, deflated = false } of records) {
    const text = new TextEncoder().encode(name);
    const stored = deflated ? deflateRawSync(data) : data;
    const common = [[2, deflated ? 8 : 0], [4, 0], [4, crc32(data)], [4, stored.length], [4, data.length], [2, text.length], [2, 0]] as const; // prettier-ignore
    add(parts, [4, 0x04034b50], [2, 20], [2, 0], ...common);
    for (const [place, bytes] of localFields) fields.push({ at: at + place, bytes });
    add(
      directory,
      [4, 0x02014b50],
      [2, 20],
      [2, 20],
      [2, 0],
      ...common,
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, at],
    );
    parts.push(text, stored);
    directory.push(text);
    at += 30 + text.length + stored.length;
  }
  let place = at;
  for (const part of directory) {
    if (part.length === 46)
      for (const [offset, bytes] of centralFields) fields.push({ at: place + offset, bytes });
    place += part.length;
  }
  add(directory, [4, 0x06054b50], [2, 0], [2, 0], [2, records.length], [2, records.length], [4, place - at], [4, at], [2, 0]); // prettier-ignore
  for (const [offset, bytes] of endFields) fields.push({ at: place + offset, bytes });
  return { bytes: joined(...parts, ...directory), fields };
}

/** Flags, method, CRC, both sizes, lengths of name and extra. */
const localFields = [[6, 2], [8, 2], [14, 4], [18, 4], [22, 4], [26, 2], [28, 2]] as const; // prettier-ignore
/** The same, and the comment's length, the disk and the offset. */
const centralFields = [[8, 2], [10, 2], [16, 4], [20, 4], [24, 4], [28, 2], [30, 2], [32, 2], [34, 2], [42, 4]] as const; // prettier-ignore
/** Disks, records, size and offset of the directory, the comment's length. */
const endFields = [
  [4, 2],
  [6, 2],
  [8, 2],
  [10, 2],
  [12, 4],
  [16, 4],
  [20, 2],
] as const;

const names = ['', '/', '.', '../../evil', 'a\0b', 'data.pkl', 'x/data.pkl', 'archive/data.pkl', 'archive/version', '\u202e', 'n'.repeat(60_000)]; // prettier-ignore

/** An archive with records left out, doubled, renamed, exchanged, deflated, nested or damaged, or with numbers that are not right. */
export function mutateZip(archive: Uint8Array, rng: Rng, others: readonly Uint8Array[]): Uint8Array {
  const found = rng.int(5) === 0 ? undefined : recordsIfWhole(archive);
  if (found === undefined || found.length === 0) {
    const directory = Buffer.from(archive).indexOf('PK\u0001\u0002', 0, 'latin1');
    return mutate(archive, rng, others, { begin: rng.int(2) === 0 ? Math.max(0, directory) : 0, most: 2 });
  }
  const records = [...found];
  for (let left = rng.int(3); left > 0; left--) change(records, rng, others);
  const { bytes, fields } = buildZip(records);
  let changed = bytes;
  for (let left = rng.int(3); left > 0; left--)
    changed = patchField(changed, fields[rng.int(fields.length)], rng);
  return changed;
}

function change(records: ZipRecord[], rng: Rng, others: readonly Uint8Array[]): void {
  if (records.length === 0) return;
  const at = rng.int(records.length);
  const record = records[at];
  const other = records[rng.int(records.length)];
  switch (rng.int(8)) {
    case 0:
      records.splice(at, 1);
      break;
    case 1:
      records.splice(at, 0, record);
      break;
    case 2:
      records[at] = { ...record, name: rng.int(2) === 0 ? other.name : names[rng.int(names.length)] };
      break;
    case 3:
      records[at] = { ...record, data: other.data };
      break;
    case 4:
      records[at] = { ...record, deflated: true };
      break;
    case 5:
      records[at] = { ...record, data: others[rng.int(others.length)] };
      break;
    case 6:
      // Zeros, of which a thousand are a byte.
      records[at] = { ...record, data: new Uint8Array(1 << rng.int(25)), deflated: true };
      break;
    default:
      if (record.data.length > 0) records[at] = { ...record, data: mutate(record.data, rng, [other.data.length > 0 ? other.data : record.data]) }; // prettier-ignore
  }
}

export function recordsIfWhole(archive: Uint8Array): ZipRecord[] | undefined {
  try {
    return recordsOf(archive);
  } catch {
    return undefined;
  }
}
