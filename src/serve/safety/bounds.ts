import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

import { ServeError } from '../errors.ts';

const mostHeaders = 100;

export function hasFewHeaders({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  return rawHeaders.length <= 2 * mostHeaders;
}

/** @throws {@link ServeError} */
export const tooManyHeaders = new ServeError(
  431,
  'headers_too_large',
  `expected at most ${mostHeaders} headers`,
  { headers: { connection: 'close' } },
);

/** The body's bytes, as far as the client says, and at most what it may have: or why it may not send it. */
export function announcedBytes(headers: IncomingHttpHeaders, most: number): number | ServeError {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return encoded;
  if (headers['transfer-encoding'] !== undefined) return most;
  const bytes = Number(headers['content-length'] ?? 0);
  return bytes > most ? tooLarge(most) : bytes;
}

const encoded = new ServeError(
  415,
  'unsupported_encoding',
  'expected a body as it is, without content-encoding',
);

export function tooLarge(most: number): ServeError {
  return new ServeError(413, 'body_too_large', `expected a body of at most ${most} bytes`, {
    headers: { connection: 'close' },
  });
}

/** An answer that its client does not take in holds memory and a connection. */
export function cutOffSlowReader(response: ServerResponse, seconds: number): void {
  // Who has hung up already does so once.
  if (response.destroyed) return;
  const late = setTimeout(() => {
    response.destroy();
  }, seconds * 1000);
  response.once('close', () => {
    clearTimeout(late);
  });
}
