import fastify from 'fastify';
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';

import { contextOf } from '../../../src/serve/create-server.ts';
import { mount } from '../../../src/serve/mount.ts';
import { eventually } from '../../support/eventually.ts';
import { clientOf, request } from '../support/client.ts';
import { gated } from '../support/gate.ts';
import { classify, head, picture, serving } from '../support/served.ts';

const served = serving();
const { listening, serve } = served;

describe('clients', () => {
  test('that hang up free their place', async () => {
    const server = await listening({ queue: 1 });
    const gate = gated(served.classifier);
    const client = await clientOf(server);
    client.socket.write(head());
    client.socket.write(picture);
    await gate.arrived(1);
    client.socket.destroy();
    await eventually(() => {
      expect(gate.signals[0].aborted).toBe(true);
    });
    // What is being computed holds its place, for it holds its memory.
    expect((await server.inject(classify)).statusCode).toBe(429);
    gate.open();
    await eventually(async () => {
      expect((await server.inject(classify)).statusCode).toBe(200);
    });
  });

  test.each([
    ['the body', () => [head(), picture.subarray(0, 20)]],
    [
      'a form',
      () => [
        request('POST /classify', {
          'content-type': 'multipart/form-data; boundary=b',
          'content-length': 1000,
        }),
        '--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nhalf',
      ],
    ],
  ])('that hang up within %s free their place', async (_what, parts) => {
    const server = await listening({ queue: 1 });
    const client = await clientOf(server);
    for (const part of parts()) client.socket.write(part);
    await eventually(() => {
      expect(contextOf(server).calls.size).toBe(1);
    });
    client.socket.destroy();
    await eventually(() => {
      expect(contextOf(server).calls.size).toBe(0);
    });
  });

  test('that send requests ahead and hang up free the places of all', async () => {
    const gate = gated(served.classifier);
    const server = await listening();
    const client = await clientOf(server);
    const one = Buffer.concat([Buffer.from(head()), picture]);
    client.socket.write(Buffer.concat([one, one, one]));
    const { calls } = contextOf(server);
    await eventually(() => {
      expect(calls.size).toBe(3);
    });
    client.socket.destroy();
    gate.open();
    await calls.empty();
  });

  test('that send too many ahead are cut off', async () => {
    const server = await listening();
    const client = await clientOf(server);
    client.socket.write(request('GET /models').repeat(200));
    const answers = (await client.closed).match(/HTTP\/1\.1 200/g) ?? [];
    expect(answers.length).toBeLessThan(200);
    expect(contextOf(server).calls.size).toBe(0);
  });

  test('that send slowly are cut off', async () => {
    const server = await listening({ connection: { headersSeconds: 0.1, requestSeconds: 0.2 } });
    const headers = await clientOf(server);
    headers.socket.write('POST /classify HTTP/1.1\r\nhost: ');
    expect(await headers.closed).toMatch(/^HTTP\/1\.1 408 [^]*"code":"slow_request"/);
    const body = await clientOf(server);
    body.socket.write(head());
    body.socket.write(picture.subarray(0, 20));
    expect(await body.closed).toMatch(/^HTTP\/1\.1 408 [^]*"code":"slow_request"/);
  });

  test('that read slowly are cut off', async () => {
    const server = await serve({ connection: { responseSeconds: 0.1 } });
    // More than a kernel keeps for a connection.
    const large = Buffer.alloc(64 * 2 ** 20);
    server.get('/large', () => large);
    await server.listen({ port: 0, host: '127.0.0.1' });
    const client = await clientOf(server);
    client.socket.pause();
    client.socket.write(request('GET /large'));
    await eventually(() => {
      expect(contextOf(server).calls.size).toBe(1);
    });
    await eventually(() => {
      expect(contextOf(server).calls.size).toBe(0);
    });
    client.socket.resume();
    expect((await client.closed).length).toBeLessThan(large.length);
  });

  test('that hang up while a host looks at them take no place', async () => {
    const server = await serve();
    const routing = vi.spyOn(server, 'routing');
    const host = fastify();
    const looked = Promise.withResolvers<undefined>();
    host.addHook('onRequest', async (_request, { raw }) => {
      looked.resolve(undefined);
      await once(raw, 'close');
    });
    await host.register(mount, { prefix: '/vision', server });
    await host.listen({ port: 0, host: '127.0.0.1' });
    const client = await clientOf(host);
    client.socket.write(
      request('POST /vision/classify', { 'content-type': 'image/png', 'content-length': 100 }),
    );
    await looked.promise;
    client.socket.destroy();
    await eventually(() => {
      expect(routing).toHaveBeenCalledOnce();
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(contextOf(server).calls.size).toBe(0);
    await host.close();
  });

  test('that hide how long a body is behind other headers are told so', async () => {
    const server = await listening();
    const client = await clientOf(server);
    const others = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`x-${index}`, 'x']));
    client.socket.write(
      request('POST /classify', { ...others, 'content-type': 'image/png', 'transfer-encoding': 'chunked' }),
    );
    expect(await client.closed).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  });

  test('that speak no HTTP, or with long headers, are told so', async () => {
    const server = await listening();
    const other = await clientOf(server);
    other.socket.write('\x16\x03\x01 hello\r\n\r\n');
    expect(await other.closed).toMatch(
      /^HTTP\/1\.1 400 [^]*\{"error":\{"code":"bad_request","message":"[^"]+"\}\}$/,
    );
    const long = await clientOf(server);
    long.socket.write(head({ 'x-long': 'x'.repeat(20_000) }));
    expect(await long.closed).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  });
});

describe('the end', () => {
  test('finishes what was accepted and refuses what comes', async () => {
    const server = await listening();
    const { life } = contextOf(server);
    const gate = gated(served.classifier);
    const client = await clientOf(server);
    client.socket.write(head());
    client.socket.write(picture);
    await gate.arrived(1);
    expect(life.ready).toBe(true);
    const closed = server.close();
    await eventually(() => {
      expect([life.ready, life.draining]).toEqual([false, true]);
    });
    const late = await clientOf(server);
    late.socket.write(head());
    late.socket.write(picture);
    expect(await late.closed).toMatch(/^HTTP\/1\.1 503 [^]*"code":"draining"/);
    gate.open();
    expect(await client.closed).toMatch(/^HTTP\/1\.1 200 [^]*"predictions"/);
    await closed;
  });

  test('still accepts for a while, if it is told to, so that balancers learn of it', async () => {
    const server = await listening({ drainDelay: 1.5 });
    const client = await clientOf(server);
    const closed = server.close();
    await eventually(() => {
      expect(contextOf(server).life.ready).toBe(false);
    });
    client.socket.write(head());
    client.socket.write(picture);
    await client.until(/^HTTP\/1\.1 200 /);
    await closed;
  });

  test('waits for nobody longer than the grace period', async () => {
    const server = await listening({ grace: 0.05 });
    const gate = gated(served.classifier);
    const [stuck, halfSent, idle] = await Promise.all([1, 2, 3].map(() => clientOf(server)));
    stuck.socket.write(head());
    stuck.socket.write(picture);
    halfSent.socket.write('POST /classify HTTP/1.1\r\nhost: ');
    await gate.arrived(1);
    const closed = server.close();
    expect(await stuck.closed).toMatch(/^HTTP\/1\.1 503 [^]*"code":"cut_off"/);
    gate.open();
    await closed;
    await Promise.all([halfSent.closed, idle.closed]);
  });
});
