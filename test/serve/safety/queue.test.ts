import { describe, expect, test, vi } from 'vitest';

import { QueueFullError } from '../../../src/base/errors.ts';
import { contextOf } from '../../../src/serve/create-server.ts';
import { eventually } from '../../support/eventually.ts';
import { clientOf, request } from '../support/client.ts';
import { form } from '../support/form.ts';
import { gated } from '../support/gate.ts';
import {
  chunk,
  chunkedHead,
  classify,
  codeOf,
  head,
  picture,
  serving,
  withHeaders,
} from '../support/served.ts';

const served = serving();
const { listening, serve } = served;

describe('the queue', () => {
  test('is bounded by pictures: past it 429, and when to come again', async () => {
    const server = await serve({ queue: 3 });
    const gate = gated(served.classifier);
    const several = await form([
      ['image', picture],
      ['image', picture],
    ]);
    const accepted = [
      server.inject(classify),
      server.inject({ ...classify, payload: several.payload, headers: several.headers }),
    ];
    await gate.arrived(3);
    const refused = await server.inject(classify);
    expect([refused.statusCode, codeOf(refused)]).toEqual([429, 'queue_full']);
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d?$/);
    // What takes no place is answered.
    expect((await server.inject('/models')).statusCode).toBe(200);
    gate.open();
    expect((await Promise.all(accepted)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect((await server.inject(classify)).statusCode).toBe(200);
  });

  test('refuses a request of more pictures than places', async () => {
    const server = await serve({ queue: 2 });
    const three = await form([
      ['image', picture],
      ['image', picture],
      ['image', picture],
    ]);
    const answer = await server.inject({ ...classify, payload: three.payload, headers: three.headers });
    expect([answer.statusCode, codeOf(answer)]).toEqual([429, 'queue_full']);
    expect((await server.inject(classify)).statusCode).toBe(200);
  });

  test('is bounded by bytes, a body of unknown length being as long as it may', async () => {
    const server = await listening({ bodyBytes: 1000, heldBytes: 1000 + picture.length });
    const gate = gated(served.classifier);
    const chunked = await clientOf(server);
    chunked.socket.write(chunkedHead());
    await eventually(() => {
      expect(contextOf(server).calls.size).toBe(1);
    });
    const first = server.inject(classify);
    await gate.arrived(1);
    expect((await server.inject(classify)).statusCode).toBe(429);
    // Once it is there, it is as long as it is.
    chunked.socket.write(chunk(picture));
    await gate.arrived(2);
    const second = server.inject(classify);
    await gate.arrived(3);
    gate.open();
    expect([(await first).statusCode, (await second).statusCode]).toEqual([200, 200]);
    await chunked.until(/"predictions"/);
    chunked.socket.destroy();
  });

  test('says what the model’s own queue says', async () => {
    const server = await serve();
    vi.spyOn(served.classifier, 'classify').mockRejectedValue(new QueueFullError('full', 2.5));
    const answer = await server.inject(classify);
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '3']);
  });
});

describe('bodies', () => {
  test('are not sent by who says first that they are too large', async () => {
    const server = await listening({ bodyBytes: 1000 });
    const large = await clientOf(server);
    large.socket.write(head({ 'content-length': 1001, expect: '100-continue' }));
    const answer = await large.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/"code":"body_too_large"/);
    const right = await clientOf(server);
    right.socket.write(head({ expect: '100-continue' }));
    await right.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    right.socket.write(picture);
    await right.until(/HTTP\/1\.1 200 [^]*"predictions"/);
    right.socket.destroy();
  });

  test('end at the limit, whatever their form', async () => {
    const server = await listening({ bodyBytes: 1000 });
    const raw = await clientOf(server);
    raw.socket.write(chunkedHead());
    raw.socket.write(`3e9\r\n${'x'.repeat(1001)}\r\n`);
    expect(await raw.closed).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
    const parts = await form([
      ['image', Buffer.alloc(600)],
      ['image', Buffer.alloc(600)],
    ]);
    const chunked = await clientOf(server);
    chunked.socket.write(chunkedHead(parts.headers['content-type']));
    chunked.socket.write(chunk(parts.payload));
    expect(await chunked.until(/\}\}$/)).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
    chunked.socket.destroy();
  });

  test('are not taken in where there is nothing', async () => {
    const server = await listening();
    for (const address of ['/nothing', '/v2/nothing', '/metrics']) {
      const client = await clientOf(server);
      client.socket.write(
        request(`POST ${address}`, { 'content-type': 'application/json', 'content-length': 9000 }),
      );
      expect(await client.until(/POST/)).toMatch(/^HTTP\/1\.1 404 /);
      client.socket.destroy();
    }
  });

  test('are taken as they are', async () => {
    const server = await serve();
    const answer = await server.inject(withHeaders({ 'content-encoding': 'gzip' }));
    expect([answer.statusCode, codeOf(answer)]).toEqual([415, 'unsupported_encoding']);
  });
});

describe('deadlines', () => {
  test('end what is not done, and free its place', async () => {
    const server = await serve({ queue: 1 });
    const gate = gated(served.classifier);
    const within = (seconds: number) => server.inject(withHeaders({ 'x-request-timeout': String(seconds) }));
    let answer = await within(0.1);
    // On a busy machine a deadline may pass before the network is asked: then a later one.
    for (let seconds = 0.3; gate.signals.length === 0; seconds *= 3) answer = await within(seconds);
    expect([answer.statusCode, codeOf(answer)]).toEqual([504, 'timeout']);
    expect(gate.signals[0].aborted).toBe(true);
    gate.open();
    await eventually(async () => {
      expect((await server.inject(classify)).statusCode).toBe(200);
    });
  });

  test('hold for bodies on their way as well', async () => {
    const server = await listening();
    const client = await clientOf(server);
    client.socket.write(head({ 'x-request-timeout': 0.05 }));
    client.socket.write(picture.subarray(0, 20));
    expect(await client.closed).toMatch(/^HTTP\/1\.1 504 [^]*"code":"timeout"/);
    const half = await clientOf(server);
    const { payload, headers } = await form([['image', picture]]);
    const announced = { ...headers, 'content-length': payload.length, 'x-request-timeout': 0.05 };
    half.socket.write(request('POST /classify', announced));
    half.socket.write(payload.subarray(0, payload.length - 60));
    expect(await half.closed).toMatch(/^HTTP\/1\.1 504 [^]*"code":"timeout"/);
  });

  test.each(['0', '-1', 'soon', '1e3', '', '1, 2'])('are seconds, not %j', async (timeout) => {
    const server = await serve();
    const answer = await server.inject(withHeaders({ 'x-request-timeout': timeout }));
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'bad_timeout']);
  });
});
