import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

export interface ServeOptions {
  /** Send the headers that make pages cross-origin isolated, so that they have `SharedArrayBuffer`. */
  readonly isolated?: boolean;
  /** A Content-Security-Policy for every answer. */
  readonly csp?: string;
  /** Further headers for every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Contents by path: `{ '/main.js': '…' }`. `/` is an empty page unless it is given. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Folders of the disk by path: `{ '/dist': '…/dist' }`. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Answers by itself if it gives true: for what fails, is slow or counts. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface TestServer {
  /** `http://127.0.0.1:…`, which browsers take for secure. */
  readonly origin: string;
  /** The paths that were asked for, in their order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.jpg': 'image/jpeg',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const emptyPage = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>test</title>';

/** Ports that servers of this process had: a browser may still have what a page of one of them stored. */
const used = new Set<number>();

async function listen(server: Server): Promise<number> {
  for (;;) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    if (!used.has(port)) {
      used.add(port);
      return port;
    }
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A server of pages for a test, on a port of its own, which no other one had before. */
export async function servePages(options: ServeOptions = {}): Promise<TestServer> {
  const { isolated = false, csp, headers = {}, files = {}, folders = {}, answer } = options;
  const requests: string[] = [];
  const always = {
    ...(isolated
      ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
      : {}),
    ...(csp === undefined ? {} : { 'Content-Security-Policy': csp }),
    ...{ 'Cross-Origin-Resource-Policy': 'cross-origin', 'Cache-Control': 'no-store' },
    ...headers,
  };
  const contents = async (path: string): Promise<string | Uint8Array | undefined> => {
    if (Object.hasOwn(files, path)) return files[path];
    if (path === '/') return emptyPage;
    for (const [prefix, folder] of Object.entries(folders)) {
      if (!path.startsWith(`${prefix}/`)) continue;
      return await readFile(join(folder, normalize(path.slice(prefix.length)))).catch(() => undefined);
    }
    return undefined;
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push(path);
    for (const [name, value] of Object.entries(always)) response.setHeader(name, value);
    if (answer?.(request, response) === true) return;
    void contents(path).then((body) => {
      const type = types[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream';
      response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type });
      response.end(body);
    });
  });
  const port = await listen(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
