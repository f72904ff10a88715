import { bytesToHex } from '@noble/hashes/utils.js';
import type { Checksum } from '../../hub/checksum.ts';
import { RunningSha256 } from '../running-sha256.ts';

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
