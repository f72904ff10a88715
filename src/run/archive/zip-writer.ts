/** A record of an archive that is about to be written; its bytes are known, or known to be the same when they come. */
export interface ZipHead {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** CRC-32. */
  readonly sum: number;
}

const localSignature = 0x04034b50;
const entrySignature = 0x02014b50;
const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locatorSignature = 0x07064b50;

/** What a number of 32 bits holds that stands in a 64-bit field instead. */
const saturated = 0xffffffff;
const zip64Field = 0x0001;
/** Versions of the format that are needed to read an archive: 2.0, and 4.5 with 64-bit numbers. */
const plainVersion = 20;
const wideVersion = 45;
/** Names are UTF-8. */
const utf8Flag = 0x0800;
/** 1 January 1980, the earliest that archives know: the same files give the same bytes. */
const firstDay = 0x0021;

/**
 * Writes a zip archive (PKWARE's APPNOTE, 4.3) of records that are stored as they are: checkpoints are numbers, which do not become
 * smaller. Heads are given out as they are needed, and the bytes between them are the caller's, so an archive takes no memory. Offsets
 * and sizes beyond 4 GiB are written as 64-bit numbers.
 *
 * Libraries for this bring compression and reading with them, a third of what all of training may weigh in a page.
 */
export class ZipWriter {
  readonly #entries: { readonly head: ZipHead; readonly name: Uint8Array; readonly offset: number }[] = [];
  #offset = 0;

  /** What stands before the bytes of a record. */
  begin(head: ZipHead): Uint8Array<ArrayBuffer> {
    const name = new TextEncoder().encode(head.name);
    const isWide = head.size >= saturated;
    const fields = new Fields(30 + name.length + (isWide ? 20 : 0));
    fields.u32(localSignature).u16(isWide ? wideVersion : plainVersion);
    writeCommon(fields, head, name.length, isWide ? 20 : 0, isWide);
    fields.bytes(name);
    if (isWide) fields.u16(zip64Field).u16(16).u64(head.size).u64(head.size);
    this.#entries.push({ head, name, offset: this.#offset });
    this.#offset += fields.length + head.size;
    return fields.done();
  }

  /** The directory, with which an archive ends. */
  end(): Uint8Array<ArrayBuffer>[] {
    const begin = this.#offset;
    const parts = this.#entries.map(({ head, name, offset }) => {
      const numbers = [
        ...(head.size >= saturated ? [head.size, head.size] : []),
        ...(offset >= saturated ? [offset] : []),
      ];
      const extra = numbers.length === 0 ? 0 : 4 + 8 * numbers.length;
      const version = extra === 0 ? plainVersion : wideVersion;
      const fields = new Fields(46 + name.length + extra);
      fields.u32(entrySignature).u16(version).u16(version);
      writeCommon(fields, head, name.length, extra, head.size >= saturated);
      // No comment, disk 0, no attributes.
      fields.u16(0).u16(0).u16(0).u32(0).u32(Math.min(offset, saturated)).bytes(name);
      if (extra > 0) fields.u16(zip64Field).u16(extra - 4);
      for (const number of numbers) fields.u64(number);
      return fields.done();
    });
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    return [...parts, ...ending(begin, length, this.#entries.length)];
  }
}

/** The fields that a record's head and its entry in the directory share. */
function writeCommon(
  fields: Fields,
  head: ZipHead,
  nameLength: number,
  extra: number,
  isWide: boolean,
): void {
  const size = isWide ? saturated : head.size;
  // Stored, at midnight.
  fields
    .u16(utf8Flag)
    .u16(0)
    .u16(0)
    .u16(firstDay)
    .u32(head.sum)
    .u32(size)
    .u32(size)
    .u16(nameLength)
    .u16(extra);
}

function ending(begin: number, length: number, count: number): Uint8Array<ArrayBuffer>[] {
  const isWide = begin >= saturated || length >= saturated || count >= 0xffff;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  if (isWide) {
    const wide = new Fields(56 + 20);
    wide.u32(end64Signature).u64(44).u16(wideVersion).u16(wideVersion).u32(0).u32(0);
    wide.u64(count).u64(count).u64(length).u64(begin);
    wide
      .u32(locatorSignature)
      .u32(0)
      .u64(begin + length)
      .u32(1);
    parts.push(wide.done());
  }
  const shown = Math.min(count, 0xffff);
  const end = new Fields(22);
  end.u32(endSignature).u16(0).u16(0).u16(shown).u16(shown);
  end.u32(Math.min(length, saturated)).u32(Math.min(begin, saturated)).u16(0);
  parts.push(end.done());
  return parts;
}

/** Little-endian numbers one after the other. */
class Fields {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#bytes.length;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }
}
