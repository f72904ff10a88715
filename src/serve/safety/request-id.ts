import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The client's own, if nobody could take it for anything else in a log. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}
