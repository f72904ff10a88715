import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { ServeError } from '../errors.ts';

interface Credentials extends Pick<IncomingHttpHeaders, 'authorization'> {
  readonly 'x-api-key'?: string | readonly string[] | undefined;
}

/** Whether a header can say it: printable, without spaces. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]{1,1000}$/.test(text);
}

/** Whether a request may be answered: it has one of the keys, or there is none. */
export type KeyCheck = (headers: Credentials) => boolean;

/**
 * Compares the key of a request, `Authorization: Bearer …` or `X-API-Key`, with each of `keys` in a time that tells nothing of
 * them: hashes are as long as each other.
 */
export function keyCheck(keys: readonly string[]): KeyCheck {
  if (keys.length === 0) return () => true;
  const hashes = keys.map(hashOf);
  return (headers) => {
    const given = hashOf(keyOf(headers) ?? '');
    // Every one, so that which of them it was does not show either.
    return hashes.filter((hash) => timingSafeEqual(hash, given)).length > 0;
  };
}

export const noKey = new ServeError(
  401,
  'unauthorized',
  'expected the key of this server, as Authorization: Bearer … or X-API-Key',
  { headers: { 'www-authenticate': 'Bearer' } },
);

function keyOf({ authorization, 'x-api-key': key }: Credentials): string | undefined {
  if (typeof key === 'string') return key;
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
