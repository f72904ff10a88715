import type { FastifyInstance } from 'fastify';

import { checkOptions, text, wholeFrom, type Kinds } from '../../base/options.ts';
import { contextOf } from '../create-server.ts';

/** Where gRPC listens. */
export interface GrpcAddress {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
}

/** The protocol over gRPC, beside a server. */
export interface RunningGrpc {
  readonly port: number;
  /** Ends its connections; call it when the server is closed, which waits for calls of both. */
  close(): Promise<void>;
}

const kinds: Kinds<GrpcAddress> = {
  host: text,
  port: {
    expected: 'a port, from 0 to 65535',
    is: (value) => wholeFrom(0).is(value) && Number(value) <= 65_535,
  },
};

/**
 * Serves the models of a server over gRPC as well, on a port of its own: the Open Inference Protocol's service, with the server's key,
 * TLS, limits, queue, metrics and log.
 *
 *     const grpc = await startGrpc(server, { port: 8081 });
 *     …
 *     await server.close();
 *     await grpc.close();
 *
 * Throws a `CardinalError` if it cannot listen there.
 */
export async function startGrpc(server: FastifyInstance, address: GrpcAddress): Promise<RunningGrpc> {
  checkOptions('startGrpc', address, kinds, ['port']);
  const { host = '127.0.0.1', port } = address;
  const context = contextOf(server);
  // Loaded by those who want it: it takes a tenth of a second.
  const { GrpcServer } = await import('./server.ts');
  const grpc = new GrpcServer(context, server.log);
  return { port: await grpc.listen(host, port), close: () => grpc.close() };
}
