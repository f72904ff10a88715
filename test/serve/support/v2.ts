import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';

import { createServer } from '../../../src/serve/create-server.ts';
import type { Classifier } from '../../../src/use/classifier.ts';
import { colourClassifier, green, plain, red } from './colours.ts';

// Request by request from https://github.com/kserve/open-inference-protocol (specification/protocol/inference_rest.md), and from
// Triton's extensions for binary data and classification (docs/protocol/extension_*.md). Answers are worked out by hand.

export const pictures = { red: await plain(red), green: await plain(green) };

export const address = '/v2/models/colours/infer';

export const tensor = (data: unknown, shape = [1, 3, 4, 4]): object => ({
  inputs: [{ name: 'input', shape, datatype: 'FP32', data }],
});

/** What is answered where no socket is. */
type Answer = Awaited<ReturnType<FastifyInstance['inject']>>;

interface InferOptions {
  readonly binary?: Buffer;
  readonly url?: string;
  readonly headers?: Record<string, string>;
}

/** A server of the protocol, made anew for each test of a file. */
export interface V2 {
  server: FastifyInstance;
  classifier: Classifier;
  readonly get: (url: string) => Promise<Answer>;
  /** What a request for inference is answered with; `json` is its body, or what stands before `binary`. */
  readonly infer: (json: unknown, options?: InferOptions) => Promise<Answer>;
  /** The status, and the one thing that the body of an error has. */
  readonly refusal: (json: unknown, options?: InferOptions) => Promise<readonly [number, string]>;
}

/** Call it once, at the head of a file. */
export function v2Server(): V2 {
  const infer = (json: unknown, { binary, url = address, headers = {} }: InferOptions = {}) => {
    const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
    const given = {
      'content-type': binary === undefined ? 'application/json' : 'application/octet-stream',
      ...(binary === undefined ? {} : { 'inference-header-content-length': String(head.length) }),
      ...headers,
    };
    return v2.server.inject({
      method: 'POST',
      url,
      payload: binary === undefined ? head : Buffer.concat([head, binary]),
      // Those that are empty are not sent.
      headers: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')),
    });
  };
  const v2 = {
    infer,
    get: (url: string) => v2.server.inject({ method: 'GET', url }),
    refusal: async (json: unknown, options?: InferOptions): Promise<readonly [number, string]> => {
      const response = await infer(json, options);
      const { error, ...rest } = response.json<{ error: string }>();
      expect(rest).toEqual({});
      return [response.statusCode, error];
    },
  } as V2;
  beforeAll(async () => {
    v2.classifier = await colourClassifier();
  });
  afterAll(() => v2.classifier.dispose());
  beforeEach(async () => {
    v2.server = await createServer({
      models: { colours: v2.classifier, other: v2.classifier },
      pictures: 4,
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await v2.server.close();
  });
  return v2;
}
