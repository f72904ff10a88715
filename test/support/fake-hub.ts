import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What a server saw of a request. */
export interface Seen {
  readonly host: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** May answer in place of the server: returns whether it did. */
export type Behaviour = (request: Seen, response: ServerResponse) => boolean;

export interface FakeFile {
  readonly bytes: Uint8Array;
  /** Large files lie on the other server, under their SHA-256. */
  readonly large: boolean;
}

/**
 * A hub on this machine: one server that answers as huggingface.co does (metadata in headers, redirects for large
 * files), one on another port for the large files. Tests put a `behaviour` in front of both to have things go wrong.
 */
export class FakeHub {
  readonly files = new Map<string, FakeFile>();
  /** The one that it has. */
  repository = 'timm/net';
  readonly seen: Seen[] = [];
  /** Whether pages of other sites may read it (CORS), as they may huggingface.co. */
  forPages = false;
  commit = 'c0ffee'.padEnd(40, '0');
  /** Where the two are, or were before they were stopped. */
  endpoint = '';
  cdn = '';
  behaviour: Behaviour = () => false;
  readonly #held: ServerResponse[] = [];
  readonly #hub: Server;
  readonly #cdn: Server;

  private constructor() {
    this.#hub = createServer((request, response) => {
      this.#answer('hub', request, response);
    });
    this.#cdn = createServer((request, response) => {
      this.#answer('cdn', request, response);
    });
  }

  static async start(): Promise<FakeHub> {
    const fake = new FakeHub();
    for (const server of [fake.#hub, fake.#cdn]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    fake.endpoint = addressOf(fake.#hub);
    fake.cdn = addressOf(fake.#cdn);
    return fake;
  }

  async stop(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      if (!server.listening) continue;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
  }

  /** Sends the head of an answer for all of `body` and its first bytes, and then nothing, until `hangUp`. */
  hold(
    response: ServerResponse,
    body: Uint8Array,
    first: number,
    head: Readonly<Record<string, string>> = {},
  ): true {
    response.writeHead('content-range' in head ? 206 : 200, { 'content-length': body.length, ...head });
    response.write(body.subarray(0, first));
    this.#held.push(response);
    return true;
  }

  /**
   * Breaks the connections that are held. For when the client has said that it has the bytes: those that are on their
   * way are lost with the connection, and how many that are is up to the system.
   */
  hangUp(): void {
    for (const response of this.#held.splice(0)) response.destroy();
  }

  /** Requests for contents, of one server or both. */
  gets(host?: Seen['host']): Seen[] {
    return this.seen.filter((seen) => seen.method === 'GET' && (host === undefined || seen.host === host));
  }

  #answer(host: Seen['host'], request: IncomingMessage, response: ServerResponse): void {
    const seen: Seen = {
      host,
      method: request.method ?? '',
      path: request.url ?? '',
      range: request.headers.range,
      ifRange: [request.headers['if-range']].flat()[0],
      authorization: request.headers.authorization,
      acceptEncoding: [request.headers['accept-encoding']].flat()[0],
    };
    this.seen.push(seen);
    if (this.forPages && allowPages(host, request, response)) return;
    if (this.behaviour(seen, response)) return;
    if (host === 'cdn') this.#content(seen, response);
    else if (seen.path.startsWith('/api/')) this.#list(seen, response);
    else this.#resolve(seen, response);
  }

  #resolve(seen: Seen, response: ServerResponse): void {
    // What is said of weights and of data differs in this alone.
    const path = seen.path.replace(/^\/datasets(?=\/)/, '');
    const [, owner, repo, word, revision, ...folders] = path.split('/').map(decodeURIComponent);
    const name = folders.join('/');
    const file = this.files.get(name);
    const isKnown = ['main', this.commit].includes(revision);
    if (`${owner}/${repo}` !== this.repository || word !== 'resolve') {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    } else if (!isKnown) {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
    } else if (file === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': this.commit }).end();
    } else if (file.large) {
      response.writeHead(302, {
        'x-repo-commit': this.commit,
        'x-linked-etag': `"${sha256(file.bytes)}"`,
        'x-linked-size': file.bytes.length,
        etag: '"another-one"',
        location: `${this.cdn}/${name}?signature=secret`,
      });
      response.end('Found. Redirecting');
    } else {
      response.setHeader('x-repo-commit', this.commit);
      sendFile(seen, response, file.bytes, `"${gitHash(file.bytes)}"`);
    }
  }

  /** What the hub says of a repository's files. */
  #list(seen: Seen, response: ServerResponse): void {
    const [, , kind, owner, repo, word, revision] = new URL(seen.path, this.endpoint).pathname.split('/');
    if (
      !['models', 'datasets'].includes(kind) ||
      `${owner}/${repo}` !== this.repository ||
      word !== 'revision'
    ) {
      response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
    } else if (!['main', this.commit].includes(revision)) {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
    } else {
      const siblings = [...this.files].map(([rfilename, { bytes, large }]) => ({
        ...{ rfilename, size: bytes.length, blobId: gitHash(bytes) },
        ...(large ? { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {}),
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: this.repository, sha: this.commit, siblings }));
    }
  }

  #content(seen: Seen, response: ServerResponse): void {
    const file = this.files.get(new URL(seen.path, this.cdn).pathname.slice(1));
    if (file === undefined) response.writeHead(404).end();
    else sendFile(seen, response, file.bytes, '"of-the-cdn"');
  }
}

/** Sends what lets pages read an answer, of the hub as the hub does; whether that was all that was asked for. */
function allowPages(host: Seen['host'], request: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('access-control-allow-origin', '*');
  if (host === 'hub') {
    const exposed = ['X-Repo-Commit', 'X-Error-Code', 'ETag', 'Accept-Ranges', 'Content-Range'];
    const linked = ['X-Linked-Size', 'X-Linked-ETag'];
    response.setHeader('access-control-expose-headers', [...exposed, ...linked].join(','));
  }
  if (request.method !== 'OPTIONS') return false;
  response.setHeader('access-control-allow-headers', 'authorization');
  response.writeHead(204).end();
  return true;
}

/** A file, or what a range asks of it, as an honest server sends it. */
export function sendFile(seen: Seen, response: ServerResponse, bytes: Uint8Array, etag: string): true {
  const first = Number(/^bytes=(\d+)-$/.exec(seen.range ?? '')?.[1] ?? 0);
  const isPartial = first > 0 && (seen.ifRange === undefined || seen.ifRange === etag);
  const body = isPartial ? bytes.subarray(first) : bytes;
  response.writeHead(isPartial ? 206 : 200, {
    etag,
    'content-length': body.length,
    ...(isPartial ? { 'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  response.end(seen.method === 'HEAD' ? undefined : body);
  return true;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What Git calls a file of this content. */
export function gitHash(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return `http://127.0.0.1:${address.port}`;
}
