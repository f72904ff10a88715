import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { RunningHash } from '../run/folder/platform.ts';

/** A SHA-256 that is taken piece by piece: the platform's own takes only what is there whole. */
export class RunningSha256 implements RunningHash {
  readonly #hash = sha256.create();

  update(data: Uint8Array | string): void {
    this.#hash.update(typeof data === 'string' ? new TextEncoder().encode(data) : data);
  }

  /** So far, in hexadecimal digits. */
  digest(): string {
    return bytesToHex(this.#hash.clone().digest());
  }
}
