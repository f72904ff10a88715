import type { Entry, ReadableReader } from '@zip.js/zip.js/lib/zip-core-reader.js';
import { crc32 } from '../../base/crc32.ts';
import { CardinalError, messageOf } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import type { ByteSource } from '../byte-source.ts';
import { damageCure, type VerifyOptions } from '../digest.ts';
import { quoted, shortened } from '../../base/quoted.ts';

/** A record of a zip archive. */
export interface ZipRecord {
  readonly name: string;
  /** In bytes, as it is stored. */
  readonly size: number;
  /** Whether damage is noticed. PyTorch writes no CRC-32, a 0, if it was told so. */
  readonly verified: boolean;
  /**
   * `length` of its bytes from `begin` on. Before any is given, all of them are held against the record's CRC-32: a part that is
   * read first has the whole record read once. Throws a `CardinalError` if it is compressed or encrypted, or damaged.
   */
  read(begin: number, length: number): Promise<Uint8Array>;
  /** Throws a `CardinalError` if its bytes are not what was written, as far as the archive says it. */
  verify(): Promise<void>;
  /** All of its bytes, unpacked. Throws a `CardinalError` if they are more than `most`, or damaged. */
  contents(most: number): Promise<Uint8Array>;
}

/** Fixed part of the header before a record (PKWARE's APPNOTE 4.3.7): its signature, and where its lengths stand. */
const headerBytes = 30;
const headerSignature = 0x04034b50;
const nameLengthAt = 26;
const extraLengthAt = 28;

/** The method of records that are not compressed. */
const stored = 0;
/** The one method that archives with code in them use. */
const deflated = 8;

/** The records of a zip archive, by name. zip.js reads the directory at its end; records are read when they are needed. */
export async function openZip(
  source: ByteSource,
  options: VerifyOptions = {},
): Promise<ReadonlyMap<string, ZipRecord>> {
  // Loaded here, because most programs never read one.
  const { ZipReader } = await import('@zip.js/zip.js/lib/zip-core-reader.js');
  const records = new Map<string, ZipRecord>();
  try {
    const reader = new ZipReader(await zipReaderOf(source), { useWebWorkers: false });
    // One after the other, because the library's descriptions are large and only a part of each is kept.
    for await (const entry of reader.getEntriesGenerator()) {
      records.set(entry.filename, recordOf(source, entry, options));
    }
  } catch (error) {
    if (error instanceof CardinalError) throw error;
    throw new CardinalError(
      `${source.name} is truncated or a damaged zip archive (${shortened(messageOf(error))}): a download was cut short, as a rule; get it anew`,
    );
  }
  return records;
}

/** What is read at a time of a record of which a part is wanted: it has to be held against its CRC-32 whole. */
const pieceBytes = 1 << 22;

function recordOf(source: ByteSource, entry: Entry, { verify = true }: VerifyOptions): ZipRecord {
  const { filename: name, offset, compressedSize, uncompressedSize, signature } = entry;
  const verified = verify && signature !== 0;
  const plain = entry.compressionMethod === stored && !entry.encrypted && compressedSize === uncompressedSize;
  const begin = async (): Promise<number> => {
    const header = await source.read(offset, headerBytes);
    const view = new DataView(header.buffer, header.byteOffset, headerBytes);
    if (view.getUint32(0, true) !== headerSignature) {
      throw new CardinalError(
        `${source.name} is a damaged zip archive: record ${quoted(name)} does not begin at byte ${offset}`,
      );
    }
    const names = view.getUint16(nameLengthAt, true) + view.getUint16(extraLengthAt, true);
    return offset + headerBytes + names;
  };
  const requireSum = (sum: number): void => {
    if (!verified || sum === signature) return;
    throw new CardinalError(
      `${source.name} is damaged: record ${quoted(name)} is not what was written (CRC-32): ${damageCure}`,
    );
  };
  const verifyInPieces = async (start: number): Promise<void> => {
    let sum = 0;
    for (let at = 0; at < compressedSize; at += pieceBytes) {
      sum = crc32(await source.read(start + at, Math.min(pieceBytes, compressedSize - at)), sum);
      await nextTask();
    }
    requireSum(sum);
  };
  let whole: Promise<void> | undefined;
  return {
    name,
    size: compressedSize,
    verified,
    async read(at, length) {
      if (!plain) {
        throw new CardinalError(
          `${source.name}: record ${quoted(name)} is compressed or encrypted, which torch.save never does: load the file in PyTorch and save it again with torch.save`,
        );
      }
      const start = await begin();
      if (!verified) return source.read(start + at, length);
      if (length < compressedSize) {
        await (whole ??= verifyInPieces(start));
        return source.read(start + at, length);
      }
      const bytes = await source.read(start + at, length);
      requireSum(await crc32InPieces(bytes));
      return bytes;
    },
    async verify() {
      if (plain) await verifyInPieces(await begin());
    },
    async contents(most) {
      if (Math.max(compressedSize, uncompressedSize) > most) {
        throw new CardinalError(
          `${source.name}: record ${quoted(name)} has ${uncompressedSize} bytes, the limit is ${most}`,
        );
      }
      const bytes = await source.read(await begin(), compressedSize);
      const unpacked = plain
        ? bytes
        : entry.compressionMethod === deflated
          ? await inflate(bytes, most)
          : undefined;
      if (unpacked?.length === uncompressedSize) {
        requireSum(crc32(unpacked));
        return unpacked;
      }
      throw new CardinalError(
        `${source.name} is a damaged zip archive: record ${quoted(name)} cannot be unpacked`,
      );
    },
  };
}

/** The CRC-32 of many bytes, between which other work gets its turn. */
async function crc32InPieces(bytes: Uint8Array): Promise<number> {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (at > 0) await nextTask();
    sum = crc32(bytes.subarray(at, at + pieceBytes), sum);
  }
  return sum;
}

/** Undefined if the bytes are damaged, or become more than `most`. */
async function inflate(bytes: Uint8Array, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const blob = new Blob([new Uint8Array(bytes)]);
    for await (const part of blob.stream().pipeThrough(new DecompressionStream('deflate-raw'))) {
      length += part.length;
      if (length > most) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The last records of an archive without a comment: where the 64-bit end record is (20 bytes), and the end record (22). */
const locatorSignature = 0x07064b50;
const endSignature = 0x06054b50;
const locatorBytes = 20;
const endBytes = 22;
const directoryOffsetAt = 16;

/** What zip.js uses of a reader if it is there. */
interface RandomAccess {
  readonly size: number;
  readUint8Array(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * A source of bytes as zip.js reads one; it asks for more than there is, and then gets what there is.
 *
 * PyTorch writes the 64-bit end record in every archive and repeats its numbers in the end record, if they fit. zip.js
 * (2.24.0) does not expect the 64-bit one then, takes it for a part of the directory, and looks for the directory 76 bytes
 * too late; that goes wrong if an entry begins there (a folder with a name of 21 characters). So it is shown that the
 * directory's place stands in the 64-bit record alone, by the number that says so: all bits set.
 */
async function zipReaderOf(source: ByteSource): Promise<ReadableReader & RandomAccess> {
  const { size } = source;
  const tail = await source.read(
    Math.max(0, size - endBytes - locatorBytes),
    Math.min(size, endBytes + locatorBytes),
  );
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const twice =
    tail.length === endBytes + locatorBytes &&
    view.getUint32(0, true) === locatorSignature &&
    view.getUint32(locatorBytes, true) === endSignature;
  const hidden = size - endBytes + directoryOffsetAt;
  return {
    size,
    async readUint8Array(offset, length) {
      const bytes = await source.read(offset, Math.max(0, Math.min(length, size - offset)));
      if (!twice || offset + bytes.length <= hidden) return bytes;
      const begin = Math.max(0, hidden - offset);
      return new Uint8Array(bytes).fill(0xff, begin, Math.max(begin, hidden - offset + 4));
    },
    // Asked for by the library's type, and used for sources that cannot be read here and there.
    readable: new ReadableStream(),
  };
}
