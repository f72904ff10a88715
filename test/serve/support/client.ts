import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** A client that sends what it is told, byte by byte if need be, and keeps what it is answered. */
export interface Client {
  readonly socket: Socket;
  /** All that came so far, once it matches. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** All that came until the server closed the connection. */
  readonly closed: Promise<string>;
}

export function portOf({ server }: FastifyInstance): number {
  return (server.address() as AddressInfo).port;
}

export async function clientOf(server: FastifyInstance): Promise<Client> {
  const socket = connect(portOf(server), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  // A connection that is reset is closed.
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => {
      resolve(text);
    });
  });
  await once(socket, 'connect');
  return {
    socket,
    closed,
    until: async (pattern) => {
      while (!pattern.test(text)) {
        const event = await Promise.race([once(socket, 'data'), closed]);
        if (typeof event === 'string' && !pattern.test(text)) throw new Error(`got only ${text}`);
      }
      return text;
    },
  };
}

/** A request as it is sent. */
export function request(head: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${head} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
