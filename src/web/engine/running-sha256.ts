import { sha256 } from '@noble/hashes/sha2.js';
import type { RunningHash } from '../../run/folder/platform.ts';

/** The browser's own SHA-256 takes only what is there whole. */
export function runningSha256(): RunningHash {
  const hash = sha256.create();
  return {
    update: (data) => {
      hash.update(typeof data === 'string' ? new TextEncoder().encode(data) : data);
    },
    digest: () => Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}
