import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Checksum } from '../../hub/checksum.ts';

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
