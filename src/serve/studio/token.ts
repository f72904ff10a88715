import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { keyCheck } from '../safety/key.ts';

/** What the WebSocket speaks; the token is offered beside it, as the web has no headers for WebSockets. */
export const protocol = 'cardinal-studio';

/** A token that nobody guesses, of letters that an address and a header may have. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether a request comes from a page that was opened with the token: it offers that as a protocol, or sends it as a key. */
export function tokenCheck(token: string): (headers: IncomingHttpHeaders) => boolean {
  const hasKey = keyCheck([token]);
  return (headers) => {
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    const given = offered.find((each) => each !== '' && each !== protocol);
    return hasKey(given === undefined ? headers : { 'x-api-key': given });
  };
}
