import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Checksum } from '../../hub/checksum.ts';

/** A SHA-256 that is taken piece by piece: the platform's own takes all at once. */
export class RunningSha256 {
  readonly #hash = sha256.create();

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** So far, in hexadecimal digits. */
  digest(): string {
    return bytesToHex(this.#hash.clone().digest());
  }
}

/** What the platform hashes at once, because it is ten times as fast; more would take too much memory. In bytes. */
const mostAtOnce = 2 ** 28;
const pieceBytes = 2 ** 22;

/** What a file has instead of a checksum, in hexadecimal digits; undefined if it is what is promised. `signal` calls it off. */
export async function otherSum(
  { name, digits }: Checksum,
  file: Blob,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (name === 'SHA-256' && file.size > mostAtOnce) {
    const hash = new RunningSha256();
    for (let at = 0; at < file.size; at += pieceBytes) {
      signal?.throwIfAborted();
      hash.update(new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer()));
    }
    const found = hash.digest();
    return found === digits ? undefined : found;
  }
  // Git puts the length in front.
  const begins = name === 'SHA-256' ? [''] : [`blob ${file.size}\0`, ''];
  const found: string[] = [];
  for (const begin of begins) {
    signal?.throwIfAborted();
    const bytes = await new Blob([begin, file]).arrayBuffer();
    found.push(bytesToHex(new Uint8Array(await crypto.subtle.digest(name, bytes))));
  }
  return found.includes(digits) ? undefined : found[0];
}
