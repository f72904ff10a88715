import { CardinalError } from '../../base/errors.ts';
import { joinedBytes } from '../../base/joined-bytes.ts';

/** A tar archive is made of blocks of so many bytes. */
export const tarBlock = 512;

/** What a header of an archive announces. */
export interface TarHeader {
  readonly name: string;
  /** Bytes that follow it. */
  readonly size: number;
  readonly type: TarType;
}

/**
 * `long-name` and `pax` are about the member that comes next, `pax-global` about all that come; `sparse` has other bytes than it
 * stores; `link` stands for another file, by its name; `other` are folders and devices.
 */
export type TarType = 'file' | 'long-name' | 'long-link' | 'pax' | 'pax-global' | 'sparse' | 'link' | 'other';

const types: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  L: 'long-name',
  K: 'long-link',
  x: 'pax',
  X: 'pax',
  g: 'pax-global',
  S: 'sparse',
};

/** Where the fields of a header are, by POSIX.1-1988 (ustar): first byte, and bytes. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

/** The header in a block; 'end' for a block of zeros, undefined for one that is no header, by its checksum. */
export function parseTarHeader(block: Uint8Array): TarHeader | 'end' | undefined {
  const { unsigned, signed } = sums(block);
  if (unsigned === emptySum && isEmpty(block)) return 'end';
  // Some old programs took bytes for signed.
  const stored = numberIn(block, fields.checksum);
  if (stored !== unsigned && stored !== signed) return undefined;
  const size = numberIn(block, fields.size);
  if (size === undefined) return undefined;
  const type = types[String.fromCharCode(block[fields.type[0]])] ?? 'other';
  const name = textIn(block, fields.name);
  // GNU's older archives have other fields where ustar has the folder.
  const isUstar = ustar.every((byte, at) => block[fields.magic[0] + at] === byte);
  const prefix = isUstar ? textIn(block, fields.prefix) : '';
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, type };
}

/** `ustar`, and a zero. */
const ustar = [0x75, 0x73, 0x74, 0x61, 0x72, 0] as const;

type Field = readonly [at: number, bytes: number];

/** The sum of a block of zeros, whose checksum counts as spaces. */
const emptySum = 0x20 * fields.checksum[1];

function isEmpty(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Sums of bytes. By number, as are the loops below: there are millions of headers, and iterators would leave as many objects a byte. */
function sums(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  const [from, bytes] = fields.checksum;
  let unsigned = 0;
  let large = 0;
  for (let at = 0; at < block.length; at++) {
    const value = at >= from && at < from + bytes ? 0x20 : block[at];
    unsigned += value;
    if (value >= 128) large++;
  }
  return { unsigned, signed: unsigned - 256 * large };
}

/** Octal digits; or, with the highest bit set, a number of base 256, as GNU has it for 8 GiB and more. */
function numberIn(block: Uint8Array, [begin, bytes]: Field): number | undefined {
  const end = begin + bytes;
  let value = 0;
  let at = begin;
  if (block[begin] === 0x80) {
    for (at++; at < end; at++) value = 256 * value + block[at];
    return Number.isSafeInteger(value) ? value : undefined;
  }
  while (at < end && block[at] === space) at++;
  for (; at < end && block[at] >= zero && block[at] < zero + 8; at++) value = 8 * value + block[at] - zero;
  while (at < end && (block[at] === space || block[at] === 0)) at++;
  return at === end ? value : undefined;
}

const [space, zero] = [0x20, 0x30];

function textIn(block: Uint8Array, [begin, bytes]: Field): string {
  let end = begin;
  while (end < begin + bytes && block[end] !== 0) end++;
  return end === begin ? '' : decoder.decode(block.subarray(begin, end));
}

const decoder = new TextDecoder();

/** UTF-8 as far as it goes: a name in another encoding is no reason to refuse an archive. */
export function untilZero(bytes: Uint8Array): string {
  return textIn(bytes, [0, bytes.length]);
}

/** The records of a pax header: `27 path=…\n`, the number being the record's bytes. Undefined if they are damaged. */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const digits = /^(\d{1,7}) /.exec(String.fromCharCode(...bytes.subarray(at, at + 8)))?.[1];
    const length = Number(digits);
    if (digits === undefined || at + length > bytes.length || length < digits.length + 3) return undefined;
    if (bytes[at + length - 1] !== 0x0a) return undefined;
    const record = decoder.decode(bytes.subarray(at + digits.length + 1, at + length - 1));
    const equals = record.indexOf('=');
    if (equals < 1) return undefined;
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/**
 * The header of a file, with a pax header before it where the name is long or not ASCII. Nothing in it but name and size: no time, no
 * owner, so equal contents give equal bytes.
 */
export function tarHeader(name: string, size: number): Uint8Array {
  const parts = splitName(name);
  if (parts !== undefined) return header(parts, size, '0');
  const records = paxRecord('path', name);
  return joinedBytes([
    header({ name: 'pax', prefix: '' }, records.length, 'x'),
    records,
    tarPadding(records.length),
    header({ name: 'long-name', prefix: '' }, size, '0'),
  ]);
}

/** Zeros that fill the last block of so many bytes. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((tarBlock - (size % tarBlock)) % tarBlock);
}

/** What ends an archive: two blocks of zeros. */
export const tarEnd: Uint8Array = new Uint8Array(2 * tarBlock);

/** More would need base 256, and no picture has as many. */
const mostSize = 8 ** 11 - 1;

function header(
  { name, prefix }: { readonly name: string; readonly prefix: string },
  size: number,
  type: string,
): Uint8Array {
  if (size > mostSize) throw new CardinalError(`${name} has ${size} bytes, at most ${mostSize} are expected`);
  const block = new Uint8Array(tarBlock);
  const set = ([at]: Field, text: string): void => {
    block.set(new TextEncoder().encode(text), at);
  };
  const octal = (value: number, [, bytes]: Field): string =>
    `${value.toString(8).padStart(bytes - 1, '0')}\0`;
  set(fields.name, name);
  set(fields.mode, octal(0o644, fields.mode));
  set(fields.uid, octal(0, fields.uid));
  set(fields.gid, octal(0, fields.gid));
  set(fields.size, octal(size, fields.size));
  set(fields.mtime, octal(0, fields.mtime));
  set(fields.type, type);
  set(fields.magic, 'ustar\x0000');
  set(fields.prefix, prefix);
  set(fields.checksum, `${sums(block).unsigned.toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** A name as ustar stores it, in one part or cut at a slash; undefined if it cannot. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!/^[\x20-\x7e]*$/.test(name)) return undefined;
  if (name.length <= fields.name[1]) return { name, prefix: '' };
  const slash = name.indexOf('/', name.length - fields.name[1] - 1);
  if (slash < 1 || slash > fields.prefix[1] || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** The length counts its own digits, too. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return joinedBytes([new TextEncoder().encode(String(length)), rest]);
}
