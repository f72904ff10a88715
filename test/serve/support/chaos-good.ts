import { expect } from 'vitest';

import { bytesOf, input, type Sample } from './chaos-world.ts';
import {
  connection,
  exchange,
  isRefused,
  isRefusedByGrpc,
  parsed,
  requestOf,
  untilClosed,
  type Sent,
} from './chaos-client.ts';
import { pick, type Act, type Arena } from './chaos-acts.ts';
import { form } from './form.ts';

/** Requests that are to be answered as a classifier by itself answers them, to the byte. */
export const goodActs: readonly Act[] = [
  {
    name: 'a picture',
    count: 450,
    run: async (arena, rng) => {
      const { bytes, type, answers } = pick(rng, arena.world.good);
      const types = [type, 'application/octet-stream', 'image/tiff'];
      const encodings: Partial<Sent>[] = [
        {},
        {},
        { chunked: true },
        { headers: { expect: '100-continue' } },
        { headers: { 'x-request-timeout': '30' } },
      ];
      const encoding = pick(rng, encodings);
      const sent: Sent = {
        path: '/classify?topK=5',
        body: bytes,
        ...encoding,
        headers: { ...encoding.headers, 'content-type': pick(rng, types) },
      };
      return asked(arena, sent, (version) => ({
        predictions: answers.get(version)?.predictions,
        ...named(version),
      }));
    },
  },
  {
    name: 'a form of pictures, some of which are damaged',
    count: 120,
    run: async (arena, rng) => {
      const { good, damaged } = arena.world;
      const samples = Array.from({ length: 2 + rng.int(4) }, () =>
        pick(rng, rng.int(4) === 0 ? damaged : good),
      );
      const { headers, payload } = await form(samples.map(({ bytes }) => ['image', bytes] as const));
      return asked(
        arena,
        { path: '/models/trees/classify?topK=5', headers, body: payload },
        (version) => ({
          results: samples.map(({ answers, fault }) =>
            fault === undefined
              ? { predictions: answers.get(version)?.predictions }
              : { error: { code: 'unreadable_picture', message: 'cannot read the picture' } },
          ),
          ...named(version),
        }),
        // libvips mixes up the words of pictures that fail at once.
        (_, text) => text.replaceAll(/("message":"cannot read the picture): ([^"\\]|\\.)+"/g, '$1"'),
      );
    },
  },
  {
    name: 'features',
    count: 60,
    run: async (arena, rng) => {
      const { bytes, type, answers } = pick(rng, arena.world.good);
      const sent = { path: '/features', headers: { 'content-type': type }, body: bytes };
      return asked(
        arena,
        sent,
        (version) => ({ features: answers.get(version)?.features, ...named(version) }),
        (answer) =>
          JSON.stringify({ ...answer, features: Float32Array.from(answer['features'] as number[]) }),
      );
    },
  },
  {
    name: 'an explanation',
    count: 40,
    run: async (arena, rng) => {
      const { bytes, type, answers } = pick(rng, arena.world.good);
      const since = arena.versions.length - 1;
      const answer = await exchange(arena, {
        path: '/explain',
        headers: { 'content-type': type },
        body: bytes,
      });
      if (isRefused(answer)) return 'refused';
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/png']);
      const expected = arena.versions.slice(since).map((version) => answers.get(version)?.overlay);
      expect(expected.some((overlay) => overlay !== undefined && answer.body.equals(overlay))).toBe(true);
      return 'done';
    },
  },
  {
    name: 'a tensor as binary data',
    count: 160,
    run: async (arena, rng) => {
      const { bytes, pictures, logits } = pick(rng, arena.world.tensors);
      const { headers, body } = inference(
        {
          id: 'mine',
          inputs: [
            {
              name: 'input',
              datatype: 'FP32',
              shape: [pictures, ...input],
              parameters: { binary_data_size: bytes.length },
            },
          ],
          outputs: [{ name: 'logits', parameters: { binary_data: true } }],
        },
        bytes,
      );
      const since = arena.versions.length - 1;
      const answer = await exchange(arena, { path: '/v2/models/trees/infer', headers, body });
      if (isRefused(answer)) return 'refused';
      expect(answer.status, answer.body.toString('latin1')).toBe(200);
      const length = Number(answer.headers['inference-header-content-length']);
      const { id, model_version: version } = JSON.parse(answer.body.toString('utf8', 0, length)) as Record<
        string,
        string
      >;
      expect(id).toBe('mine');
      expect(arena.versions.slice(since)).toContain(version);
      expect(answer.body.subarray(length)).toEqual(logits.get(version));
      return 'done';
    },
  },
  {
    name: 'a tensor as JSON',
    count: 60,
    run: async (arena, rng) => {
      const { bytes, pictures, logits } = pick(rng, arena.world.tensors);
      const data = [...new Float32Array(Uint8Array.from(bytes).buffer)];
      const inputs = [{ name: 'input', datatype: 'FP32', shape: [pictures, ...input], data }];
      return inferred(arena, JSON.stringify({ inputs, outputs: [{ name: 'logits' }] }), (version) =>
        logits.get(version),
      );
    },
  },
  {
    name: 'pictures as JSON',
    count: 60,
    run: async (arena, rng) => {
      const samples = Array.from({ length: 1 + rng.int(4) }, () => pick(rng, arena.world.good));
      const data = samples.map(({ bytes }) => Buffer.from(bytes).toString('base64'));
      const inputs = [{ name: 'image', datatype: 'BYTES', shape: [data.length], data }];
      return inferred(arena, JSON.stringify({ inputs, outputs: [{ name: 'logits' }] }), (version) =>
        logitsOf(samples, version),
      );
    },
  },
  {
    name: 'pictures over gRPC',
    count: 120,
    run: async (arena, rng) => {
      const samples = Array.from({ length: 1 + rng.int(3) }, () => pick(rng, arena.world.good));
      const request = {
        model_name: 'trees',
        inputs: [{ name: 'image', datatype: 'BYTES', shape: [samples.length] }],
        outputs: [{ name: 'logits' }],
        raw_input_contents: [
          Buffer.concat(
            samples.flatMap(({ bytes }) => {
              const length = Buffer.alloc(4);
              length.writeUInt32LE(bytes.length);
              return [length, bytes];
            }),
          ),
        ],
      };
      const since = arena.versions.length - 1;
      const answer = await arena.grpc.call('ModelInfer', request).catch((error: unknown) => {
        if (isRefusedByGrpc(error)) return undefined;
        throw error;
      });
      if (answer === undefined) return 'refused';
      const { model_version: version, raw_output_contents: raw } = answer as {
        model_version: string;
        raw_output_contents: Buffer[];
      };
      expect(arena.versions.slice(since)).toContain(version);
      expect(raw).toEqual([logitsOf(samples, version)]);
      return 'done';
    },
  },
  {
    name: 'two requests at once over one connection',
    count: 40,
    run: async (arena, rng) => {
      const { bytes, type, answers } = pick(rng, arena.world.good);
      const socket = await connection(arena.port);
      const since = arena.versions.length - 1;
      const head = requestOf('/classify?topK=5', {
        'content-type': type,
        'content-length': bytes.length,
        connection: 'close',
      });
      const before = 'GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n';
      socket.write(Buffer.concat([Buffer.from(before + head), bytes]));
      const both = await untilClosed(socket);
      const first = both.indexOf('{"live":true}') + '{"live":true}'.length;
      expect(parsed(both.subarray(0, first)).status).toBe(200);
      const answer = parsed(both.subarray(first));
      if (isRefused(answer)) return 'refused';
      const { version } = JSON.parse(answer.body.toString()) as { version: string };
      expect(arena.versions.slice(since)).toContain(version);
      const expected = { predictions: answers.get(version)?.predictions, ...named(version) };
      expect(answer.body.toString()).toBe(JSON.stringify(expected));
      return 'done';
    },
  },
  {
    name: 'what probes and dashboards ask',
    count: 60,
    run: async (arena, rng) => {
      const path = pick(rng, [
        '/v2/health/ready',
        '/v2/health/live',
        '/v2/models/trees/ready',
        '/models',
        '/models/trees',
        '/metrics',
        '/',
        '/v2',
      ]);
      expect((await exchange(arena, { method: 'GET', path })).status).toBe(200);
      return 'done';
    },
  },
];

/** What every answer says of its model. */
function named(version: string): object {
  return { model: 'trees', version };
}

/** Asks for JSON, which is to be what it is for one of the versions that were in service meanwhile. */
async function asked(
  arena: Arena,
  sent: Sent,
  expected: (version: string) => object,
  read: (answer: Record<string, unknown>, text: string) => string = (_, text) => text,
): Promise<'done' | 'refused'> {
  const since = arena.versions.length - 1;
  const answer = await exchange(arena, sent);
  if (isRefused(answer)) return 'refused';
  const text = answer.body.toString();
  expect(answer.status, text).toBe(200);
  const json = JSON.parse(text) as Record<string, unknown> & { version: string };
  expect(arena.versions.slice(since)).toContain(json.version);
  expect(read(json, text)).toBe(JSON.stringify(expected(json.version)));
  return 'done';
}

async function inferred(
  arena: Arena,
  json: string,
  logits: (version: string) => Buffer | undefined,
): Promise<'done' | 'refused'> {
  const since = arena.versions.length - 1;
  const answer = await exchange(arena, { path: '/v2/models/trees/infer', body: Buffer.from(json) });
  if (isRefused(answer)) return 'refused';
  expect(answer.status, answer.body.toString()).toBe(200);
  const { model_version: version, outputs } = JSON.parse(answer.body.toString()) as {
    model_version: string;
    outputs: { data: number[] }[];
  };
  expect(arena.versions.slice(since)).toContain(version);
  expect(bytesOf(Float32Array.from(outputs[0].data))).toEqual(logits(version));
  return 'done';
}

function logitsOf(samples: readonly Sample[], version: string): Buffer {
  return Buffer.concat(
    samples.map(({ answers }) => bytesOf(answers.get(version)?.logits ?? new Float32Array())),
  );
}

/** A request of the protocol with binary data. */
export function inference(
  json: object,
  binary: Uint8Array,
): { headers: Record<string, string>; body: Buffer } {
  const head = Buffer.from(JSON.stringify(json));
  return {
    headers: { 'inference-header-content-length': String(head.length) },
    body: Buffer.concat([head, binary]),
  };
}
