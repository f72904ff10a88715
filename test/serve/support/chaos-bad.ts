import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { ServiceError } from '@grpc/grpc-js';
import { expect } from 'vitest';

import { messageOf } from '../../../src/base/errors.ts';
import { pick, type Act, type Outcome } from './chaos-acts.ts';
import { connection, exchange, isRefused, parsed, untilClosed, type Answer } from './chaos-client.ts';
import { faults, floats } from './chaos-faults.ts';
import { input, spoiled, type World } from './chaos-world.ts';
import { form } from './form.ts';

const wrong = faults.map(([what, sent, status, code]): Act => ({
  name: what,
  count: 6,
  run: async (arena, rng) => {
    const answer = await exchange(arena, typeof sent === 'function' ? await sent(arena.world, rng) : sent);
    return refusedOr(answer, status, code);
  },
}));

/** Exactly this status and code. */
function refusedOr(answer: Answer, status: number, code?: string): Outcome {
  if (isRefused(answer)) return 'refused';
  const text = answer.body.toString();
  expect(answer.status, text).toBe(status);
  const { error } = JSON.parse(text) as { error: { code: string } | string };
  if (code === undefined) expect(error).toEqual(expect.any(String));
  else expect(error).toMatchObject({ code });
  return 'done';
}

/** Bytes as no client of HTTP sends them: `[what, bytes, status, code]`. */
const noRequests: readonly (readonly [string, (world: World) => Uint8Array, number, string])[] = [
  [
    'huge headers',
    () => Buffer.from(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
    431,
    'headers_too_large',
  ],
  ['no HTTP', () => Buffer.from('\x16\x03\x01\x02\0\r\n\r\n', 'latin1'), 400, 'bad_request'],
  [
    'two lengths',
    () =>
      Buffer.from(
        'POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      ),
    400,
    'bad_request',
  ],
  [
    'a length and chunks',
    () =>
      Buffer.from(
        'POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
    400,
    'bad_request',
  ],
  [
    'a negative length',
    () => Buffer.from('POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n'),
    400,
    'bad_request',
  ],
  [
    'a body that is longer than chunks may be',
    () =>
      Buffer.from(
        `POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n40000\r\n${'x'.repeat(2 ** 18)}`,
      ),
    413,
    'body_too_large',
  ],
  [
    'a body that never comes',
    ({ good }) =>
      Buffer.from(
        `POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\nx-request-timeout: 0.02\r\ncontent-length: ${good[0].bytes.length}\r\n\r\nhalf`,
      ),
    504,
    'timeout',
  ],
  [
    'a form that never comes',
    () =>
      Buffer.from(
        'POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\nx-request-timeout: 0.02\r\ncontent-length: 1000\r\n\r\n--b\r\n',
      ),
    504,
    'timeout',
  ],
];

const raw = noRequests.map(([what, bytes, status, code]): Act => ({
  name: what,
  count: 8,
  run: async (arena) => {
    const socket = await connection(arena.port);
    socket.write(bytes(arena.world));
    return refusedOr(parsed(await untilClosed(socket)), status, code);
  },
}));

/** Clients that go, at any moment: nobody is answered, and nothing may be left of them. */
const hangUps: readonly Act[] = [
  {
    name: 'hangs up before, in and after the body',
    count: 150,
    run: async ({ port, world }, rng) => {
      const { bytes, type } = pick(rng, world.good);
      const socket = await connection(port);
      const path = pick(rng, ['/classify', '/features', '/explain', '/v2/models/trees/infer']);
      const types = ['application/octet-stream', path.startsWith('/v2') ? 'application/json' : type];
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${pick(rng, types)}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
      );
      const sent = bytes.subarray(0, pick(rng, [0, rng.int(bytes.length), bytes.length]));
      if (sent.length > 0) await new Promise((resolve) => socket.write(sent, resolve));
      if (rng.int(2) === 0) socket.resetAndDestroy();
      else socket.destroy();
      return 'done';
    },
  },
  {
    name: 'shuts for writing within the body',
    count: 30,
    run: async ({ port, world }, rng) => {
      const { bytes, type } = pick(rng, world.good);
      const socket = await connection(port);
      socket.end(
        Buffer.concat([
          Buffer.from(
            `POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
          ),
          bytes.subarray(0, bytes.length >> 1),
        ]),
      );
      const { status } = parsed(await untilClosed(socket));
      expect([0, 400, 429]).toContain(status);
      return 'done';
    },
  },
  {
    name: 'hangs up within a form',
    count: 40,
    run: async ({ port, world }, rng) => {
      const { headers, payload } = await form([
        ['image', pick(rng, world.good).bytes],
        ['image', pick(rng, world.good).bytes],
      ]);
      const socket = await connection(port);
      socket.write(
        `POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${headers['content-type']}\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      const part = payload.subarray(0, rng.int(payload.length));
      if (part.length > 0) {
        await new Promise((resolve) =>
          socket.write(Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part]), resolve),
        );
      }
      socket.destroy();
      return 'done';
    },
  },
  {
    name: 'hangs up within the answer',
    count: 40,
    run: async ({ port, world }, rng) => {
      const { bytes, type } = pick(rng, world.good);
      const socket = await connection(port);
      socket.write(
        `POST /explain HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
      );
      socket.write(bytes);
      await once(socket, 'data');
      socket.destroy();
      return 'done';
    },
  },
  {
    name: 'has no time',
    count: 40,
    run: async (arena, rng) => {
      const { bytes, type } = pick(rng, arena.world.good);
      const headers = { 'content-type': type, 'x-request-timeout': '0.001' };
      const answer = await exchange(arena, { path: '/classify', headers, body: bytes });
      if (isRefused(answer)) return 'refused';
      expect([200, 504]).toContain(answer.status);
      return 'done';
    },
  },
];

const grpc: readonly Act[] = [
  ...(
    [
      ['a message that is damaged', Buffer.from([0xff, 0xff, 0xff]), 'INVALID_ARGUMENT'],
      ['a message that is too large', Buffer.alloc(300_000), 'RESOURCE_EXHAUSTED'],
      [
        'another shape',
        {
          model_name: 'trees',
          inputs: [{ name: 'input', datatype: 'FP32', shape: [1], contents: { fp32_contents: [1] } }],
        },
        'INVALID_ARGUMENT',
      ],
      [
        'NaN over gRPC',
        {
          model_name: 'trees',
          inputs: [{ name: 'input', datatype: 'FP32', shape: [1, ...input] }],
          raw_input_contents: [floats(NaN)],
        },
        'INVALID_ARGUMENT',
      ],
      ['another model', { model_name: 'shrubs', inputs: [] }, 'NOT_FOUND'],
    ] as const
  ).map(([name, request, code]): Act => ({
    name,
    count: 8,
    run: async (arena) => {
      const failure = await arena.grpc.failure('ModelInfer', request);
      if (failure.metadata['cardinal-error'] === 'queue_full') return 'refused';
      expect(failure.code, failure.details).toBe(code);
      return 'done';
    },
  })),
  {
    name: 'takes a call back, or has no time for it',
    count: 40,
    run: async ({ grpc: client, world }, rng) => {
      const { bytes, pictures } = pick(rng, world.tensors);
      const request = {
        model_name: 'trees',
        inputs: [{ name: 'input', datatype: 'FP32', shape: [pictures, ...input] }],
        raw_input_contents: [bytes],
      };
      const controller = new AbortController();
      const options = rng.int(2) === 0 ? { deadline: Date.now() + 2 } : { signal: controller.signal };
      const answer = client.call('ModelInfer', request, options).then(
        () => 0,
        (error: unknown) => (error as ServiceError).code,
      );
      controller.abort();
      // OK, CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED.
      expect([0, 1, 4, 8]).toContain(await answer);
      return 'done';
    },
  },
  {
    name: 'hangs up within a call of gRPC',
    count: 20,
    run: async ({ grpcPort }, rng) => {
      const session = connectHttp2(`http://127.0.0.1:${grpcPort}`);
      session.on('error', () => undefined);
      await once(session, 'connect');
      const stream = session.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined);
      const message = Buffer.concat([Buffer.from([0, 0, 0, 4, 0]), Buffer.alloc(rng.int(1000))]);
      await new Promise((resolve) => stream.write(message, resolve));
      session.destroy();
      await once(session, 'close');
      return 'done';
    },
  },
];

/** What happens to a server from within. */
const upheavals: readonly Act[] = [
  {
    name: 'a reload',
    count: 10,
    run: ({ models, world, inTurn }) =>
      inTurn(async (): Promise<Outcome> => {
        world.replace('the other');
        await models.reload('trees');
        return 'done';
      }),
  },
  {
    name: 'a reload of a bad file',
    count: 12,
    run: ({ models, world, inTurn, versions }, rng) =>
      inTurn(async (): Promise<Outcome> => {
        world.replace(pick(rng, spoiled));
        // `rejects` would keep the error, and with its stack all that was served, until the test is over.
        const fault = await models.reload('trees').then(
          () => 'none',
          (error: unknown) => messageOf(error),
        );
        expect(fault).toMatch(new RegExp(`^trees stays at version ${versions.at(-1) ?? ''}: .`));
        return 'done';
      }),
  },
  {
    name: 'a full queue',
    count: 8,
    run: ({ port, inTurn }) =>
      inTurn(async (): Promise<Outcome> => {
        const sockets = [];
        let status = 0;
        while (status === 0) {
          const socket = await connection(port);
          sockets.push(socket);
          socket.write(
            'POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/png\r\ncontent-length: 1000\r\nexpect: 100-continue\r\n\r\n',
          );
          // Either it is to send its body, for which it has a place now, or there is none.
          const [answer] = (await once(socket, 'data')) as [Buffer];
          status = answer.toString().startsWith('HTTP/1.1 100 ') ? 0 : parsed(answer).status;
          if (status !== 0) expect(isRefused(parsed(answer))).toBe(true);
        }
        for (const socket of sockets) socket.destroy();
        return 'done';
      }),
  },
];

export const badActs: readonly Act[] = [...wrong, ...raw, ...hangUps, ...grpc, ...upheavals];
