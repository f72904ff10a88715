import type { FastifyServerOptions } from 'fastify';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';

import type { ConnectionLimits } from './limits.ts';
import type { Hosts } from './safety/hosts.ts';
import { inNode, type TlsOptions } from './tls.ts';

export interface ListenerOptions {
  readonly connection: ConnectionLimits;
  readonly tls: TlsOptions | undefined;
  readonly hosts: Hosts;
  /** Whether it has answered a request, which fastify then does not see. */
  readonly answers: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Makes what listens: fastify asks for one for each address that a name has. */
export function listenerFactory({
  connection,
  tls,
  hosts,
  answers,
}: ListenerOptions): NonNullable<FastifyServerOptions['serverFactory']> {
  const { headersSeconds, requestSeconds, keepAliveSeconds } = connection;
  const settings = {
    headersTimeout: headersSeconds * 1000,
    requestTimeout: requestSeconds * 1000,
    keepAliveTimeout: keepAliveSeconds * 1000,
    // Node looks every half a minute for those who are late.
    connectionsCheckingInterval: Math.min(2000, (headersSeconds * 1000) / 4),
    maxHeaderSize: connection.headerBytes,
  };
  return (handler) => {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      if (!answers(request, response)) handler(request, response);
    };
    const server: Server =
      tls === undefined
        ? createHttpServer(settings, listener)
        : createHttpsServer(
            { ...settings, ...inNode(tls), handshakeTimeout: headersSeconds * 1000 },
            listener,
          );
    server.maxConnections = connection.connections;
    // Node 22 drops those beyond a limit, a body's length among them: `guard` counts them, and their bytes are limited.
    server.maxHeadersCount = 0;
    // Node would ask every client for its body before anybody has looked at its headers.
    server.on('checkContinue', listener);
    server.on('listening', () => {
      hosts.bound(server.address());
    });
    return server;
  };
}
