import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';

import { startGrpc } from '../../src/serve/grpc/start.ts';
import { portOf } from './support/client.ts';
import { grpcClient } from './support/grpc-client.ts';
import { picture, serving } from './support/served.ts';
import { tls } from './support/tls.ts';

const served = serving();

test('HTTPS answers as HTTP does', async () => {
  const server = await served.listening({ tls });
  const agent = new Agent({ ca: tls.cert });
  const sent = request(`https://127.0.0.1:${portOf(server)}/classify`, {
    ...{ agent, method: 'POST', headers: { 'content-type': 'image/png' } },
  });
  sent.end(picture);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect([response.statusCode, JSON.parse(await text(response))]).toMatchObject([
    200,
    { predictions: [{ class: 'red' }, {}, {}] },
  ]);
  agent.destroy();
  // Whoever does not know the certificate does not believe it.
  await expect(fetch(`https://127.0.0.1:${portOf(server)}/models`)).rejects.toThrow(/fetch failed/);
  await expect(fetch(`http://127.0.0.1:${portOf(server)}/models`)).rejects.toThrow(/fetch failed/);
});

test('gRPC is over TLS as well', async () => {
  const server = await served.serve({ tls });
  const grpc = await startGrpc(server, { port: 0 });
  const safe = grpcClient(grpc.port, tls.cert);
  expect(await safe.call('ServerLive')).toEqual({ live: true });
  safe.close();
  const plain = grpcClient(grpc.port);
  expect((await plain.failure('ServerLive')).code).toBe('UNAVAILABLE');
  plain.close();
  await server.close();
  await grpc.close();
});

test('a certificate needs its own key', async () => {
  for (const wrong of [
    { cert: tls.cert, key: 'no key' },
    { cert: tls.key, key: tls.key },
  ]) {
    await expect(served.serve({ tls: wrong })).rejects.toThrow(
      'createServer: tls: expected a certificate and its private key, as PEM',
    );
  }
});
