import { CardinalError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { quoted } from '../../base/quoted.ts';
import { readZipDirectory, recordBegin, stored, type ZipEntry } from './zip-directory.ts';

/** A record of a zip archive. */
export interface ZipRecord {
  readonly name: string;
  /** In bytes, as it is stored. */
  readonly size: number;
  /**
   * The place of its first byte in the archive, read from the header before it. Throws a `CardinalError` if it is
   * compressed or encrypted, or if the archive is damaged there.
   */
  begin(): Promise<number>;
  /** All of its bytes, unpacked. Throws a `CardinalError` if they are more than `most`, or damaged. */
  contents(most: number): Promise<Uint8Array>;
}

/** The one method that archives with code in them use. */
const deflated = 8;

/** The records of a zip archive, by name. The directory is read now, records when they are needed. */
export async function openZip(source: ByteSource): Promise<ReadonlyMap<string, ZipRecord>> {
  const records = new Map<string, ZipRecord>();
  for (const [name, entry] of await readZipDirectory(source)) records.set(name, recordOf(source, entry));
  return records;
}

function recordOf(source: ByteSource, entry: ZipEntry): ZipRecord {
  const { filename: name, compressedSize, uncompressedSize } = entry;
  const plain = entry.compressionMethod === stored && !entry.encrypted;
  const begin = (): Promise<number> => recordBegin(source, entry);
  return {
    name,
    size: compressedSize,
    async begin() {
      if (plain) return begin();
      throw new CardinalError(
        `${source.name}: record ${quoted(name)} is compressed or encrypted, which torch.save never does: load the file in PyTorch and save it again with torch.save`,
      );
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
      if (unpacked?.length === uncompressedSize) return unpacked;
      throw new CardinalError(
        `${source.name} is a damaged zip archive: record ${quoted(name)} cannot be unpacked`,
      );
    },
  };
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
