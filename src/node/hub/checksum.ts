import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** What an ETag promises of a content. */
export interface Checksum {
  readonly name: 'SHA-256' | 'SHA-1';
  /** In small hexadecimal digits. */
  readonly digits: string;
}

/**
 * The hub's ETags are hashes: SHA-256 of what lies in large storage, of other files Git's SHA-1, which mirrors replace by the
 * content's own. Undefined for anything else, by which nothing can be verified.
 */
export function checksumOf(etag: string): Checksum | undefined {
  const digits = etag.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return { name: 'SHA-256', digits };
  return /^[0-9a-f]{40}$/.test(digits) ? { name: 'SHA-1', digits } : undefined;
}

/**
 * What the first `size` bytes of an open file have instead of a checksum: their digits, or undefined if they are what it
 * promises. `signal` calls it off.
 */
export async function otherChecksum(
  { name, digits }: Checksum,
  file: FileHandle,
  size: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  // Git puts the length in front.
  const begins = name === 'SHA-256' ? [''] : [`blob ${size}\0`, ''];
  const hashes = begins.map((begin) => createHash(name).update(begin));
  let there = 0;
  for await (const chunk of chunksOf(file, size, signal)) {
    for (const hash of hashes) hash.update(chunk);
    there += chunk.length;
  }
  const found = hashes.map((hash) => hash.digest('hex'));
  return there === size && found.includes(digits) ? undefined : found[0];
}

const chunkBytes = 2 ** 20;

/** The bytes from the beginning of a file to `end` or to its own, each chunk only until the next is asked for. */
export async function* chunksOf(
  file: FileHandle,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(Math.min(chunkBytes, end));
  for (let done = 0; done < end;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - done), done);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    done += bytesRead;
  }
}
