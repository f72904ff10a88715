import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterEach, beforeEach, expect, vi } from 'vitest';

import { contextOf, createServer } from '../../../src/serve/create-server.ts';
import type { ServerOptions } from '../../../src/serve/options.ts';
import type { Classifier } from '../../../src/use/classifier.ts';
import { request } from './client.ts';
import { colourClassifier, plain, red } from './colours.ts';

/** A picture, and requests with it. */
export const picture = await plain(red);

export const classify: InjectOptions & { headers: Record<string, string> } = {
  method: 'POST',
  url: '/classify',
  payload: picture,
  headers: { 'content-type': 'image/png' },
};

export const withHeaders = (headers: Record<string, string>): typeof classify => ({
  ...classify,
  headers: { ...classify.headers, ...headers },
});

export const codeOf = (answer: { json(): unknown }): string =>
  (answer.json() as { error: { code: string } }).error.code;

/** The head of a request with a picture, as bytes on a socket. */
export const head = (headers: Record<string, string | number> = {}): string =>
  request('POST /classify', { 'content-type': 'image/png', 'content-length': picture.length, ...headers });

/** The head of one that does not say how long its body is, and a body that is one chunk. */
export const chunkedHead = (type = 'image/png'): string =>
  request('POST /classify', { 'content-type': type, 'transfer-encoding': 'chunked' });
export const chunk = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]);

/** Servers of one classifier that is made for each test of a file, and disposed of with them after it. */
export interface Served {
  classifier: Classifier;
  readonly serve: (options?: Partial<ServerOptions>) => Promise<FastifyInstance>;
  /** The same on a port. */
  readonly listening: (options?: Partial<ServerOptions>) => Promise<FastifyInstance>;
}

/** Call it once, at the head of a file. */
export function serving(): Served {
  const servers: FastifyInstance[] = [];
  const serve = async (options: Partial<ServerOptions> = {}): Promise<FastifyInstance> => {
    const server = await createServer({ models: { colours: served.classifier }, ...options });
    servers.push(server);
    return server;
  };
  const served = {
    serve,
    listening: async (options: Partial<ServerOptions> = {}) => {
      const server = await serve(options);
      await server.listen({ port: 0, host: '127.0.0.1' });
      return server;
    },
  } as Served;
  beforeEach(async () => {
    served.classifier = await colourClassifier();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    const calls = servers.map((server) => contextOf(server).calls);
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await served.classifier.dispose();
    // Whatever happened: nobody has a place any more.
    expect(calls.map(({ size }) => size)).toEqual(calls.map(() => 0));
  });
  return served;
}
