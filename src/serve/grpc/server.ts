import {
  Server,
  ServerCredentials,
  type Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';
import { createServer, type Server as Listener } from 'node:net';

import { CardinalError } from '../../base/errors.ts';
import type { RouteKind, ServeContext } from '../context.ts';
import { serveErrorOf } from '../http/errors.ts';
import type { Call } from '../safety/calls.ts';
import { guardOf } from './guard.ts';
import { inNode, type TlsOptions } from '../tls.ts';
import { methodsOf, type Method } from './methods.ts';
import { statusOf } from './status.ts';

/** The protocol over gRPC, over TLS if the server has it. Its calls are the context's: they wait, drain, end and are counted with those of HTTP. */
export class GrpcServer {
  readonly #server: Server;
  /** Calls by the metadata that they came with, which is the same object in the guard and in the method. */
  readonly #calls = new WeakMap<Metadata, Call>();
  readonly #log: FastifyBaseLogger;
  /** gRPC's own takes any number of connections. */
  readonly #listener: Listener;

  constructor(context: ServeContext, log: FastifyBaseLogger) {
    const { bodyBytes, queue } = context.limits;
    const methods = methodsOf(context);
    const kinds = new Map(methods.map(({ path, kind }) => [path, kind]));
    const kindOf = (path: string): RouteKind => kinds.get(path) ?? 'reads';
    const { connections, keepAliveSeconds, headersSeconds } = context.connection;
    this.#log = log;
    this.#server = new Server({
      interceptors: [guardOf(context, { kindOf, accepted: this.#calls, log })],
      'grpc.max_receive_message_length': bodyBytes,
      // Of one connection: others than those that compute are over at once.
      'grpc.max_concurrent_streams': queue,
      'grpc.max_connection_idle_ms': keepAliveSeconds * 1000,
      // Whoever is gone without a word has no connection either.
      'grpc.keepalive_time_ms': keepAliveSeconds * 1000,
      'grpc.keepalive_timeout_ms': headersSeconds * 1000,
      'grpc.enable_channelz': 0,
    });
    for (const method of methods) this.#add(method);
    const injector = this.#server.createConnectionInjector(credentialsOf(context.tls));
    // Whoever ends a connection ends it for both: with `allowHalfOpen` the other half would stay for ever.
    this.#listener = createServer({ noDelay: true }, (socket) => {
      injector.injectConnection(socket);
    });
    this.#listener.maxConnections = connections;
  }

  /** Resolves with the port. Throws a `CardinalError` if it cannot listen there. */
  listen(host: string, port: number): Promise<number> {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#listener.once('error', (error) => {
        reject(new CardinalError(`gRPC cannot listen on ${address}: ${error.message}`, { cause: error }));
      });
      this.#listener.listen({ host, port }, () => {
        const bound = this.#listener.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Ends its connections: those that still have calls, after a moment in which answers leave. */
  close(): Promise<void> {
    this.#listener.close();
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#server.forceShutdown();
      }, momentSeconds * 1000);
      this.#server.tryShutdown(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  #add({ name, path, answer }: Method): void {
    const asBytes = (bytes: Buffer): Buffer => bytes;
    const definition: ServiceDefinition = {
      [name]: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: asBytes,
        requestDeserialize: asBytes,
        responseSerialize: asBytes,
        responseDeserialize: asBytes,
      },
    };
    this.#server.addService(definition, {
      [name]: ({ request, metadata }: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        answer(request, this.#calls.get(metadata)).then(
          (bytes) => {
            callback(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
          },
          (thrown: unknown) => {
            const error = serveErrorOf(thrown);
            if (error.status === 500) this.#log.error({ err: thrown }, 'failed');
            callback(statusOf(error));
          },
        );
      },
    });
  }
}

const momentSeconds = 1;

function credentialsOf(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key } = inNode(tls);
  return ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]);
}
