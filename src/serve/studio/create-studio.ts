import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';

import { serve } from '../../base/channel/serve.ts';
import { studioHandlers } from '../../studio/handlers.ts';
import { portOfLine } from '../../studio/line.ts';
import type { StudioPlatform } from '../../studio/platform.ts';
import { ServeError } from '../errors.ts';
import { answerBadAddress, answerErrors, answerNoRequest } from '../http/errors.ts';
import { defaultConnectionLimits } from '../limits.ts';
import { listenerFactory } from '../listener.ts';
import { routerOptions } from '../router-options.ts';
import { decorateRequests } from '../safety/exchange.ts';
import { Hosts, otherHost } from '../safety/hosts.ts';
import { studioHeaders } from './headers.ts';
import { readPage } from './page-files.ts';
import { lineOf, type Socket } from './socket.ts';
import { protocol, tokenCheck } from './token.ts';

export interface StudioServerOptions {
  readonly platform: StudioPlatform;
  /** What a page must have to ask anything. */
  readonly token: string;
  /** The built page. */
  readonly folder: string;
}

/** The largest message: a visitor's picture, and what stands beside it. */
const messageBytes = 40 * 2 ** 20;

/** Tabs that are open at once. */
const mostPages = 32;

/**
 * The studio's page with the engine of this machine behind it, to be listened for on loopback: files for everybody, and one WebSocket for
 * pages that were opened with the token. Closing it ends the connections; the platform is its maker's.
 */
export async function createStudio({
  platform,
  token,
  folder,
}: StudioServerOptions): Promise<FastifyInstance> {
  const files = await readPage(folder);
  const hosts = new Hosts(undefined);
  const hasToken = tokenCheck(token);
  const app = fastify({
    bodyLimit: 1024,
    serverFactory: listenerFactory({
      connection: defaultConnectionLimits,
      tls: undefined,
      hosts,
      answers: () => false,
    }),
    forceCloseConnections: true,
    routerOptions,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: (error, socket) => void answerNoRequest(error, socket),
  });
  decorateRequests(app);
  answerErrors(app);
  const withToken = (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    if (!hasToken(request.headers)) throw noToken;
    done();
  };
  const handlers = studioHandlers(platform);
  const pages = new Set<Socket>();
  // Ahead of the plugin's own hook, which would wait for tabs that sleep to say goodbye.
  app.addHook('preClose', (done) => {
    for (const socket of pages) socket.terminate();
    done();
  });
  await app.register(websocket, {
    options: { maxPayload: messageBytes, handleProtocols: () => protocol, perMessageDeflate: false },
  });
  // After the plugin's, which then knows what it has to cut off when an upgrade is refused.
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(studioHeaders);
    if (!hosts.allows(request.headers.host)) throw otherHost;
    if (!isOwnOrigin(request)) throw otherOrigin;
    done();
  });
  app.get('/engine', { websocket: true, onRequest: withToken }, (socket: Socket) => {
    if (pages.size >= mostPages) {
      socket.close(1013, `${mostPages} pages are open already: close one`);
      return;
    }
    pages.add(socket);
    socket.on('close', () => pages.delete(socket));
    serve(portOfLine(lineOf(socket)), handlers);
  });
  // Browsers do not tell a page why its WebSocket was refused.
  app.get('/token', { onRequest: withToken }, (_request, reply) => reply.code(204).send());
  for (const [address, { type, content, isNamedByContent }] of files) {
    const caching = isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-store';
    app.get(address, (_request, reply) => reply.type(type).header('cache-control', caching).send(content));
  }
  return app;
}

/** Whether it comes from a page of this server, or from no page: browsers say where their pages are from. */
function isOwnOrigin({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  return origin === undefined || origin === `http://${host ?? ''}`;
}

const otherOrigin = new ServeError(
  403,
  'other_origin',
  "the request is from a page that is not this server's",
);
const noToken = new ServeError(
  401,
  'unauthorized',
  'expected the token of this studio: open the address that cardinal studio printed',
);
