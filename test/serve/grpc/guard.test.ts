import { connect, constants } from 'node:http2';
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';

import { contextOf } from '../../../src/serve/create-server.ts';
import { eventually } from '../../support/eventually.ts';
import { prepared } from '../support/colour-tensors.ts';
import { red } from '../support/colours.ts';
import { failed, grpcServer, tensor } from '../support/grpc.ts';

const rpc = grpcServer();
const { restart } = rpc;

describe('what guards every call', () => {
  const request = tensor({ fp32_contents: prepared(red) });

  test('a key in the metadata, but not for health', async () => {
    await restart({ key: 'secret' });
    expect(await rpc.client.call('ServerLive')).toEqual({ live: true });
    expect(await rpc.client.call('ServerReady')).toEqual({ ready: true });
    expect(await rpc.client.call('ModelReady', { name: 'colours' })).toEqual({ ready: true });
    for (const metadata of [{}, { 'x-api-key': 'guess' }, { authorization: 'Basic secret' }]) {
      expect(await rpc.client.failure('ServerMetadata', {}, { metadata })).toEqual(
        failed('UNAUTHENTICATED', /key/),
      );
      expect(await rpc.client.failure('ModelInfer', request, { metadata })).toEqual(
        failed('UNAUTHENTICATED', /key/),
      );
    }
    for (const metadata of [{ 'x-api-key': 'secret' }, { authorization: 'Bearer secret' }]) {
      expect(await rpc.client.call('ModelInfer', request, { metadata })).toMatchObject({
        model_name: 'colours',
      });
    }
  });

  test('a message larger than may be', async () => {
    await restart({ bodyBytes: 200 });
    expect(await rpc.client.failure('ModelInfer', request)).toEqual(failed('RESOURCE_EXHAUSTED', /200/));
  });

  test('a queue, in which each picture has a place; clients are told when to come again', async () => {
    await restart({ queue: 2 });
    const three = tensor({ fp32_contents: prepared(red, red, red) }, [3, 3, 4, 4]);
    const { code, metadata } = await rpc.client.failure('ModelInfer', three);
    expect([code, metadata['cardinal-error']]).toEqual(['RESOURCE_EXHAUSTED', 'queue_full']);
    expect(Number(metadata['grpc-retry-pushback-ms'])).toBeGreaterThan(0);
    expect(await rpc.client.call('ModelInfer', request)).toMatchObject({ model_name: 'colours' });
  });

  /** A classifier that never answers: the signals it got, and when it gets the first. */
  function never(): { readonly asked: Promise<AbortSignal> } {
    const asked = Promise.withResolvers<AbortSignal>();
    vi.spyOn(rpc.classifier, 'forward').mockImplementation(
      (_, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          if (signal === undefined) throw new Error('expected a signal');
          asked.resolve(signal);
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    );
    return { asked: asked.promise };
  }

  test("the client's deadline, and its hanging up, end the work", async () => {
    const late = never();
    const asked = new Set<AbortSignal>();
    void late.asked.then((signal) => asked.add(signal));
    // On a busy machine a deadline may pass before the call has come: then a later one.
    for (let wait = 100; asked.size === 0; wait *= 3) {
      expect(await rpc.client.failure('ModelInfer', request, { deadline: Date.now() + wait })).toEqual(
        failed('DEADLINE_EXCEEDED', /./),
      );
    }
    expect(await ended(await late.asked)).toBe(true);

    const cancelled = never();
    const hangUp = new AbortController();
    const failure = rpc.client.failure('ModelInfer', request, { signal: hangUp.signal });
    const signal = await cancelled.asked;
    expect(signal.aborted).toBe(false);
    hangUp.abort();
    expect(await failure).toEqual(failed('CANCELLED', /./));
    expect(await ended(signal)).toBe(true);
    await contextOf(rpc.server).calls.empty();
  });

  test("the server's own deadline, for those too that never send their message", async () => {
    await restart({ timeout: 0.1 });
    never();
    expect(await rpc.client.failure('ModelInfer', request)).toEqual(failed('DEADLINE_EXCEEDED', /0.1 s/));

    const session = connect(`http://127.0.0.1:${rpc.grpc.port}`);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.write(Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]));
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    expect(headers['grpc-status']).toBe('4');
    session.destroy();
    await contextOf(rpc.server).calls.empty();
  });

  test('messages that come slowly are cut off, and keep no other question waiting', async () => {
    const connection = { headersSeconds: 0.2, requestSeconds: 0.2 };
    await restart({ heldBytes: 1000, bodyBytes: 1000, connection });
    const session = connect(`http://127.0.0.1:${rpc.grpc.port}`);
    const statuses = ['ModelInfer', 'ServerLive'].map(async (method) => {
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/inference.GRPCInferenceService/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.write(Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]));
      const [headers] = (await once(stream, 'response')) as [Record<string, string>];
      return [headers['grpc-status'], headers['cardinal-error']];
    });
    expect(await rpc.client.call('ServerMetadata')).toMatchObject({ name: 'cardinal' });
    expect(await Promise.all(statuses)).toEqual(Array(2).fill(['4', 'slow_request']));
    session.destroy();
  });

  test('no more connections than may be', async () => {
    await restart({ connection: { connections: 1 } });
    await rpc.client.call('ServerLive');
    const second = connect(`http://127.0.0.1:${rpc.grpc.port}`);
    second.on('error', () => undefined);
    await once(second, 'close');
  });

  test('a server that drains finishes what it accepted, and takes nothing more', async () => {
    const gate = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<undefined>();
    const forward = rpc.classifier.forward.bind(rpc.classifier);
    vi.spyOn(rpc.classifier, 'forward').mockImplementation(async (...given) => {
      asked.resolve(undefined);
      await gate.promise;
      return forward(...given);
    });
    const accepted = rpc.client.call('ModelInfer', request);
    await asked.promise;
    const drained = contextOf(rpc.server).life.drain();
    // false is not sent.
    expect(await rpc.client.call('ServerReady')).toEqual({});
    expect(await rpc.client.call('ModelReady', { name: 'colours' })).toEqual({});
    expect(await rpc.client.failure('ModelInfer', request)).toEqual(failed('UNAVAILABLE', /shutting down/));
    gate.resolve(undefined);
    expect(await accepted).toMatchObject({ model_name: 'colours' });
    await drained;
  });

  test('what fails inside has no details', async () => {
    vi.spyOn(rpc.classifier, 'forward').mockRejectedValue(new Error('/home/me/secret.safetensors'));
    const { code, details } = await rpc.client.failure('ModelInfer', request);
    expect(code).toBe('INTERNAL');
    expect(details).not.toContain('secret');
  });

  test('a line in the log, and numbers, for each call', async () => {
    const lines: string[] = [];
    await restart({ logger: { stream: { write: (line) => lines.push(line) } } });
    await rpc.client.call('ModelInfer', request);
    await rpc.client.failure('ModelInfer', tensor({ fp32_contents: [] }));
    const route = '/inference.GRPCInferenceService/ModelInfer';
    await eventually(() => {
      expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
        expect.objectContaining({ method: 'gRPC', route, status: 200, model: 'colours' }),
        expect.objectContaining({ method: 'gRPC', route, status: 400, error: 'invalid_request' }),
      ]);
    });
  });
});

async function ended(signal: AbortSignal): Promise<boolean> {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.aborted;
}
