import { CardinalError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import type { ByteSource } from '../byte-source.ts';

/** A record's entry in the directory of a zip archive. */
export interface ZipEntry {
  readonly filename: string;
  /** In bytes. */
  readonly nameLength: number;
  /** Where the header before the record begins. */
  readonly offset: number;
  /** No byte of the record lies from here on: another record begins, or the directory. */
  readonly limit: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly compressionMethod: number;
  /** General purpose flags (APPNOTE 4.4.4). */
  readonly flags: number;
  readonly encrypted: boolean;
  /** Its CRC-32. */
  readonly signature: number;
}

/** The method of records that are not compressed. */
export const stored = 0;

const endSignature = 0x06054b50;
const endBytes = 22;
const longestComment = 0xffff;
const end64Signature = 0x06064b50;
const end64Bytes = 56;
const locatorSignature = 0x07064b50;
const locatorBytes = 20;
const entrySignature = 0x02014b50;
const entryBytes = 46;
const localSignature = 0x04034b50;
const localBytes = 30;

/** What stands for a number that is in a 64-bit field. */
const saturated = 0xffffffff;
const zip64Field = 0x0001;

/**
 * The directory of a zip archive (PKWARE's APPNOTE, 4.3), by the records' names. Archives as `torch.save` and ordinary programs
 * write them are read; what different programs read differently is refused, because a scanner and PyTorch might see other
 * weights in it: two ends, two records of one name or on the same bytes, anything behind the end.
 *
 * @throws CardinalError that begins with the source's name, for what is damaged or ambiguous
 */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { begin, bytes, count } = await findDirectory(source);
  const directory = viewOf(await source.read(begin, bytes));
  const found = new Map<string, Mutable<ZipEntry>>();
  const alike = new Map<string, string>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const there = at + entryBytes <= bytes && directory.getUint32(at, true) === entrySignature;
    if (!there) throw damaged(source, `its directory has ${index} records, expected ${count}`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      directory.getUint16(at + field, true),
    );
    const next = at + entryBytes + nameLength + extraLength + commentLength;
    if (next > bytes) throw damaged(source, 'its directory ends within a record');
    const entry = entryAt(directory, at, begin, source);
    const { filename } = entry;
    const form = comparableName(filename);
    const other = found.has(filename) ? filename : (alike.get(form) ?? (found.has(form) ? form : undefined));
    if (other !== undefined) {
      const names = other === filename ? 'has two records' : `has a record ${quoted(other)} and one`;
      throw ambiguous(source, `${names} ${quoted(filename)}`);
    }
    if (filename.includes('\0')) throw ambiguous(source, `has a record ${quoted(filename)}`);
    found.set(filename, entry);
    if (form !== filename) alike.set(form, filename);
    at = next;
  }
  if (at !== bytes)
    throw damaged(source, `its directory has ${bytes} bytes, its ${count} records take ${at}`);
  limitRecords([...found.values()], source);
  return found;
}

/**
 * Where a record's bytes begin, from the header before them. That says again what the directory says, and some programs
 * believe the one, some the other.
 *
 * @throws CardinalError if the two differ, or the record would lie on others
 */
export async function recordBegin(source: ByteSource, entry: ZipEntry): Promise<number> {
  const { filename, nameLength, offset, limit, compressedSize, uncompressedSize } = entry;
  const fault = (what: string): CardinalError =>
    damaged(source, `${what} the header of record ${quoted(filename)}, at byte ${offset}`);
  const header = viewOf(await source.read(offset, localBytes + nameLength));
  if (header.getUint32(0, true) !== localSignature) throw fault('there is no sign of');
  const extra = offset + localBytes + nameLength;
  const extraLength = header.getUint16(28, true);
  const begin = extra + extraLength;
  if (begin + compressedSize > limit) {
    throw ambiguous(source, `has a record ${quoted(filename)} that lies on what follows it`);
  }
  const sizes = [header.getUint32(22, true), header.getUint32(18, true)];
  const [size, packed] = sizes.includes(saturated)
    ? wide(sizes, viewOf(await source.read(extra, extraLength)), 0, extraLength, () =>
        fault('a 64-bit size is missing in'),
      )
    : sizes;
  // Sizes and CRC-32 of what was written in one go are zero here and stand behind the record.
  const later = (header.getUint16(6, true) & hasDescriptor) !== 0;
  const same = (got: number, expected: number): boolean => got === expected || (later && got === 0);
  const agrees =
    header.getUint16(26, true) === nameLength &&
    textOf(header, localBytes, nameLength) === filename &&
    header.getUint16(6, true) === entry.flags &&
    header.getUint16(8, true) === entry.compressionMethod &&
    same(header.getUint32(14, true), entry.signature) &&
    same(packed, compressedSize) &&
    same(size, uncompressedSize);
  if (!agrees) throw fault('the directory contradicts');
  return begin;
}

const isEncrypted = 0x2041;
const hasDescriptor = 0x0008;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Directory {
  readonly begin: number;
  readonly bytes: number;
  /** Of records. */
  readonly count: number;
}

/** The end of an archive and what it says of the directory, which must lie right before it. */
async function findDirectory(source: ByteSource): Promise<Directory> {
  const { size } = source;
  const tailBytes = Math.min(size, endBytes + longestComment);
  const tailBegin = size - tailBytes;
  const tail = viewOf(await source.read(tailBegin, tailBytes));
  const at = findEnd(tail, source);
  const end = tailBegin + at;
  const narrow = {
    disk: tail.getUint16(at + 4, true),
    directoryDisk: tail.getUint16(at + 6, true),
    countHere: tail.getUint16(at + 8, true),
    count: tail.getUint16(at + 10, true),
    bytes: tail.getUint32(at + 12, true),
    begin: tail.getUint32(at + 16, true),
  };
  const locator = end - locatorBytes;
  const before =
    locator >= 0 ? viewOf(await source.read(locator, locatorBytes)) : new DataView(new ArrayBuffer(0));
  const is64 = before.byteLength === locatorBytes && before.getUint32(0, true) === locatorSignature;
  const wideEnd = is64 ? await readEnd64(source, locator, before) : undefined;
  const contradicts = Object.entries(narrow).some(([key, value]) => {
    const most = key === 'bytes' || key === 'begin' ? saturated : 0xffff;
    return value !== (wideEnd?.[key as keyof typeof narrow] ?? value) && (value !== most || !is64);
  });
  if (contradicts) throw ambiguous(source, 'has a 64-bit end that contradicts the other one');
  const { disk, directoryDisk, countHere, count, bytes, begin } = wideEnd ?? narrow;
  if (disk !== 0 || directoryDisk !== 0 || countHere !== count) {
    throw damaged(source, 'it is one part of several');
  }
  const directoryEnd = wideEnd?.at ?? end;
  if (begin + bytes !== directoryEnd) {
    throw damaged(
      source,
      `its directory should take bytes ${begin} to ${begin + bytes}, but it ends at ${directoryEnd}`,
    );
  }
  if (count * entryBytes > bytes)
    throw damaged(source, `a directory of ${bytes} bytes has no ${count} records`);
  return { begin, bytes, count };
}

/** The place of the end record in the file's tail: at the very end, but for a comment in which there is no other. */
function findEnd(tail: DataView, source: ByteSource): number {
  const fits = (at: number): boolean => at + endBytes + tail.getUint16(at + 20, true) === tail.byteLength;
  const found: number[] = [];
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (tail.getUint32(at, true) !== endSignature) continue;
    // Some programs take the last one, some the one that reaches to the end.
    if (found.length === 0 || fits(at)) found.push(at);
  }
  const last = found.at(0);
  if (last === undefined) throw damaged(source, 'it has no end');
  if (found.length > 1) throw ambiguous(source, 'has two ends');
  if (!fits(last)) throw damaged(source, 'there is something behind its end, or its end is cut short');
  return last;
}

async function readEnd64(source: ByteSource, locator: number, before: DataView) {
  const at = numberAt(before, 8);
  if (at + end64Bytes > locator) throw damaged(source, 'its 64-bit end is not where it should be');
  const end = viewOf(await source.read(at, end64Bytes));
  // What may stand behind the fixed part is of programs of its own.
  if (end.getUint32(0, true) !== end64Signature || at + 12 + numberAt(end, 4) !== locator) {
    throw damaged(source, 'its 64-bit end is not where it should be');
  }
  return {
    at,
    disk: end.getUint32(16, true),
    directoryDisk: end.getUint32(20, true),
    countHere: numberAt(end, 24),
    count: numberAt(end, 32),
    bytes: numberAt(end, 40),
    begin: numberAt(end, 48),
  };
}

function entryAt(
  directory: DataView,
  at: number,
  directoryBegin: number,
  source: ByteSource,
): Mutable<ZipEntry> {
  const nameLength = directory.getUint16(at + 28, true);
  const extraLength = directory.getUint16(at + 30, true);
  const name = at + entryBytes;
  const filename = textOf(directory, name, nameLength);
  const [uncompressedSize, compressedSize, offset] = wide(
    [24, 20, 42].map((field) => directory.getUint32(at + field, true)),
    directory,
    name + nameLength,
    name + nameLength + extraLength,
    () => damaged(source, `a 64-bit number of record ${quoted(filename)} is missing`),
  );
  const flags = directory.getUint16(at + 8, true);
  const encrypted = (flags & isEncrypted) !== 0;
  const compressionMethod = directory.getUint16(at + 10, true);
  if (offset + localBytes + nameLength + compressedSize > directoryBegin) {
    throw damaged(source, `record ${quoted(filename)} would end behind the directory's begin`);
  }
  if (compressionMethod === stored && !encrypted && compressedSize !== uncompressedSize) {
    throw damaged(
      source,
      `record ${quoted(filename)} is not compressed, but has ${compressedSize} bytes that become ${uncompressedSize}`,
    );
  }
  return {
    filename,
    nameLength,
    offset,
    limit: directoryBegin,
    compressedSize,
    uncompressedSize,
    compressionMethod,
    flags,
    encrypted,
    signature: directory.getUint32(at + 16, true),
  };
}

/** Numbers of which those that are saturated stand one after the other in the 64-bit field of `begin` to `end`. */
function wide(
  numbers: readonly number[],
  view: DataView,
  begin: number,
  end: number,
  missing: () => CardinalError,
): number[] {
  if (!numbers.includes(saturated)) return [...numbers];
  let [at, fieldEnd] = [begin, begin];
  for (let field = begin; field + 4 <= end; field = fieldEnd) {
    at = field + 4;
    fieldEnd = at + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === zip64Field) break;
    at = fieldEnd;
  }
  return numbers.map((number) => {
    if (number !== saturated) return number;
    if (at + 8 > Math.min(fieldEnd, end)) throw missing();
    at += 8;
    return numberAt(view, at - 8);
  });
}

/** Ends each record where the next one begins. Throws if one begins before the one before it can have ended. */
function limitRecords(entries: Mutable<ZipEntry>[], source: ByteSource): void {
  entries.sort((a, b) => a.offset - b.offset);
  for (const [index, entry] of entries.entries()) {
    const next = entries.at(index + 1);
    if (next === undefined) return;
    entry.limit = next.offset;
    if (entry.offset + localBytes + entry.nameLength + entry.compressedSize > next.offset) {
      throw ambiguous(
        source,
        `has records on the same bytes, ${quoted(entry.filename)} and ${quoted(next.filename)}`,
      );
    }
  }
}

/** How programs compare names that do not compare them letter by letter; PyTorch's reader ignores case. */
function comparableName(name: string): string {
  if (/^[a-z\d_]+(?:[/.][a-z\d_]+)*$/.test(name)) return name;
  const parts = name.normalize('NFC').toLowerCase().split(/[/\\]/);
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder('latin1');

function textOf(view: DataView, begin: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + begin, length);
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

/** A number of 64 bits; what is beyond exact numbers is beyond every file, too. */
function numberAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(source: ByteSource, what: string): CardinalError {
  return new CardinalError(
    `${source.name} is truncated or a damaged zip archive (${what}): a download was cut short, as a rule; get it anew`,
  );
}

function ambiguous(source: ByteSource, what: string): CardinalError {
  return new CardinalError(
    `${source.name} is a zip archive that programs read in different ways, it ${what}: save the weights anew with torch.save`,
  );
}
