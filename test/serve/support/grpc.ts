import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';

import { createServer } from '../../../src/serve/create-server.ts';
import { startGrpc, type RunningGrpc } from '../../../src/serve/grpc/start.ts';
import type { ServerOptions } from '../../../src/serve/options.ts';
import type { Classifier } from '../../../src/use/classifier.ts';
import { colourClassifier, green, plain, red } from './colours.ts';
import { grpcClient, type GrpcClient } from './grpc-client.ts';

// Method by method from https://github.com/kserve/open-inference-protocol (specification/protocol/inference_grpc.md).

export const pictures = { red: await plain(red), green: await plain(green) };

export const tensor = (contents: object | undefined, shape = [1, 3, 4, 4]): object => ({
  model_name: 'colours',
  inputs: [{ name: 'input', datatype: 'FP32', shape, ...(contents === undefined ? {} : { contents }) }],
});

export const failed = (code: string, details: RegExp): object => ({
  code,
  details: expect.stringMatching(details) as string,
  metadata: expect.anything() as object,
});

/** A server of the protocol over gRPC, made anew for each test of a file. */
export interface Rpc {
  classifier: Classifier;
  server: FastifyInstance;
  grpc: RunningGrpc;
  client: GrpcClient;
  readonly restart: (options: Partial<ServerOptions>) => Promise<void>;
}

/** Call it once, at the head of a file. */
export function grpcServer(): Rpc {
  const start = async (options: Partial<ServerOptions> = {}): Promise<void> => {
    rpc.server = await createServer({ models: { colours: rpc.classifier }, ...options });
    rpc.grpc = await startGrpc(rpc.server, { port: 0 });
    rpc.client = grpcClient(rpc.grpc.port);
  };
  const stop = async (): Promise<void> => {
    rpc.client.close();
    await rpc.server.close();
    await rpc.grpc.close();
  };
  const rpc = {
    restart: async (options: Partial<ServerOptions>) => {
      await stop();
      await start(options);
    },
  } as Rpc;
  beforeAll(async () => {
    rpc.classifier = await colourClassifier();
  });
  afterAll(() => rpc.classifier.dispose());
  beforeEach(() => start());
  afterEach(async () => {
    vi.restoreAllMocks();
    await stop();
  });
  return rpc;
}
