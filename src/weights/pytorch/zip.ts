import { joinedBytes } from '../../base/joined-bytes.ts';
import { crc32 } from '../../base/crc32.ts';
import { CardinalError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { quoted } from '../../base/quoted.ts';
import type { ByteSource } from '../byte-source.ts';
import { damageCure, type VerifyOptions } from '../digest.ts';
import { readZipDirectory, recordBegin, stored, type ZipEntry } from './zip-directory.ts';

/** A record of a zip archive. */
export interface ZipRecord {
  readonly name: string;
  /** In bytes, as it is stored. */
  readonly size: number;
  /** In bytes, as the archive says. */
  readonly unpackedSize: number;
  /** Whether it is stored as it is: neither compressed nor encrypted. */
  readonly isPlain: boolean;
  /** Whether damage is noticed. PyTorch writes no CRC-32, a 0 in all records, if it was told so. */
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

/** The one method that archives with code in them use. */
const deflated = 8;

/** The records of a zip archive, by name. The directory is read now, records when they are needed. */
export async function openZip(
  source: ByteSource,
  options: VerifyOptions = {},
): Promise<ReadonlyMap<string, ZipRecord>> {
  const records = new Map<string, ZipRecord>();
  const entries = await readZipDirectory(source);
  // Whoever tells PyTorch to write no CRC-32 has it leave out all of them. Among others a 0 is one, or was damaged.
  const summed = [...entries.values()].some(({ signature }) => signature !== 0);
  const verify = options.verify !== false && summed;
  for (const [name, entry] of entries) records.set(name, recordOf(source, entry, verify));
  return records;
}

/** What is read at a time of a record of which a part is wanted: it has to be held against its CRC-32 whole. */
const pieceBytes = 1 << 22;

function recordOf(source: ByteSource, entry: ZipEntry, verified: boolean): ZipRecord {
  const { filename: name, compressedSize, uncompressedSize, signature } = entry;
  const plain = entry.compressionMethod === stored && !entry.encrypted;
  const begin = (): Promise<number> => recordBegin(source, entry);
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
    unpackedSize: uncompressedSize,
    isPlain: plain,
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
  return joinedBytes(parts);
}
