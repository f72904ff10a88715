import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Headers for browsers: what the server's own page may load. The same in every answer, so they are made once. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  ...helmetHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        // Pictures that were dropped, and maps that were computed.
        imgSrc: ["'self'", 'blob:', 'data:'],
        mediaSrc: ["'self'", 'blob:'],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Whoever puts TLS in front of it knows for which names.
    strictTransportSecurity: false,
  }),
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  // Answers are of one picture: nobody between keeps them.
  'cache-control': 'no-store',
};

/** What helmet would give each answer. */
export function helmetHeaders(options: HelmetOptions): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, () => undefined);
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
}

/** Gives every answer its headers for browsers, and lets pages of `origins` call the server. */
export async function registerHeaders(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(safetyHeaders);
    done();
  });
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: [
      'accept',
      'authorization',
      'content-type',
      'inference-header-content-length',
      'x-api-key',
      'x-request-id',
      'x-request-timeout',
    ],
    exposedHeaders: [
      'inference-header-content-length',
      'retry-after',
      'x-class-label',
      'x-class-probability',
      'x-request-id',
    ],
    maxAge: 600,
  });
}
