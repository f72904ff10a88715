import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';

import { contextOf } from '../../../src/serve/create-server.ts';
import type { ServerOptions } from '../../../src/serve/options.ts';
import { TurnAway } from '../../../src/serve/safety/turn-away.ts';
import { eventually } from '../../support/eventually.ts';
import { clientOf, portOf } from '../support/client.ts';
import { gated } from '../support/gate.ts';
import { classify, head, picture, serving } from '../support/served.ts';

const served = serving();

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const open of opened.splice(0)) await open();
});

/** A server whose queue is full until the gate opens; `answered` has of each request whether it was answered before fastify saw it. */
async function full(
  options: Partial<ServerOptions> = {},
): Promise<{ server: FastifyInstance; answered: () => unknown[]; open: () => Promise<void> }> {
  const server = await served.serve({ queue: 1, ...options });
  const answers = vi.spyOn(TurnAway.prototype, 'answers');
  const answered = (): unknown[] => answers.mock.results.map(({ value }) => value as unknown);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const gate = gated(served.classifier);
  const first = server.inject({ ...classify, headers: { ...classify.headers, 'x-api-key': 'k' } });
  await gate.arrived(1);
  const open = async (): Promise<void> => {
    gate.open();
    expect((await first).statusCode).toBe(200);
  };
  opened.push(open);
  return { server, answered, open };
}

interface Sent {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

async function send(server: FastifyInstance, { path = '/classify', headers, method = 'POST' }: Sent) {
  const response = await fetch(`http://127.0.0.1:${portOf(server)}${path}`, {
    method,
    headers: { 'content-type': 'image/png', ...headers },
    ...(method === 'POST' ? { body: new Uint8Array(picture) } : {}),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test.each([
  '/classify?topK=2',
  '/models/colours/features',
  '/models/none/explain',
  '/v2/models/colours/infer',
])('%s is refused before fastify sees it, with the answer that fastify would give', async (path) => {
  const { server, answered } = await full();
  const headers = { 'content-type': 'image/png', 'x-request-id': 'mine' };
  const short = await send(server, { path, headers });
  expect(answered()).toEqual([true]);
  // `inject` does not go by what listens.
  const long = await server.inject({ method: 'POST', url: path, headers, payload: picture });
  expect([short.status, short.text]).toEqual([429, long.body]);
  const ofConnection = ['connection', 'keep-alive', 'date'];
  const comparable = (given: object): object =>
    Object.fromEntries(Object.entries(given).filter(([name]) => !ofConnection.includes(name)));
  expect(comparable(Object.fromEntries(short.headers))).toEqual(comparable(long.headers));
  expect(short.headers.get('x-request-id')).toBe('mine');
  expect(JSON.parse(short.text)).toEqual({
    error: path.startsWith('/v2')
      ? (expect.stringMatching(/^the server has as many pictures as it takes; try again in \d+ s$/) as string)
      : { code: 'queue_full', message: expect.any(String) as string },
  });
});

test('the connection goes on, and what waits for 100-continue never sends its body', async () => {
  const { server, answered, open } = await full();
  const client = await clientOf(server);
  client.socket.write(head({ expect: '100-continue' }));
  const refused = await client.until(/queue_full[^]*\}\}/);
  expect(refused).toMatch(/^HTTP\/1\.1 429 /);
  client.socket.destroy();
  const second = await clientOf(server);
  for (const body of [picture, picture]) {
    second.socket.write(head());
    second.socket.write(body);
  }
  await second.until(/queue_full[^]*HTTP\/1\.1 429 [^]*queue_full[^]*\}\}/);
  expect(answered()).toEqual([true, true, true]);
  await open();
  second.socket.write(head());
  second.socket.write(picture);
  await second.until(/HTTP\/1\.1 200 [^]*"predictions"/);
  second.socket.destroy();
});

test('it is counted, and has its line in the log', async () => {
  const lines: string[] = [];
  const { server } = await full({ logger: { stream: { write: (line) => void lines.push(line) } } });
  lines.length = 0;
  await send(server, { path: '/models/colours/classify?secret=1', headers: { 'x-request-id': 'mine' } });
  await eventually(() => {
    expect(lines).toHaveLength(1);
  });
  expect(JSON.parse(lines[0])).toMatchObject({
    level: 30,
    request: 'mine',
    method: 'POST',
    path: '/models/colours/classify',
    route: '/models/:name/classify',
    status: 429,
    error: 'queue_full',
    ms: expect.any(Number) as number,
    from: '127.0.0.1',
    msg: 'request',
  });
  const { text } = await contextOf(server).metrics.render();
  expect(text).toContain('cardinal_http_requests_total{route="/models/:name/classify",status="429"} 1\n');
  expect(text).toContain('cardinal_errors_total{kind="queue_full"} 1\n');
});

test.each<[number, Sent]>([
  [401, { headers: { 'x-api-key': 'wrong' } }],
  [404, { path: '/nothing' }],
  [404, { path: '/classify', method: 'GET' }],
  [200, { path: '/models', method: 'GET' }],
  [200, { path: '/v2/health/ready', method: 'GET' }],
  [400, { headers: { 'x-request-timeout': 'soon' } }],
  [415, { headers: { 'content-encoding': 'gzip' } }],
  [429, { headers: { origin: 'https://ours.example' } }],
])('what is not certain goes the long way: %d for %j', async (status, sent) => {
  const { server, answered } = await full({ key: 'k', cors: ['https://ours.example'] });
  const answer = await send(server, { ...sent, headers: { 'x-api-key': 'k', ...sent.headers } });
  expect([answer.status, answered()]).toEqual([status, [false]]);
  if (status === 429) expect(answer.headers.get('access-control-allow-origin')).toBe('https://ours.example');
});

test('a body that is too large is told so, not to come again', async () => {
  const { server } = await full({ bodyBytes: picture.length });
  const client = await clientOf(server);
  client.socket.write(head({ 'content-length': picture.length + 1 }));
  expect(await client.closed).toMatch(/^HTTP\/1\.1 413 /);
});
