import { beforeEach, describe, expect, test, vi } from 'vitest';

import { clientOf, request } from '../support/client.ts';
import { classify, codeOf, serving, withHeaders } from '../support/served.ts';

const served = serving();
const { listening, serve } = served;

describe('key', () => {
  test('is asked for everywhere but where a route is open', async () => {
    const server = await serve({ key: ['first', 'second'] });
    server.get('/alive', { config: { kind: 'open' } }, () => 'yes');
    for (const headers of [
      {},
      { authorization: 'Bearer third' },
      { 'x-api-key': '' },
      { authorization: 'first' },
    ]) {
      const answer = await server.inject(withHeaders(headers));
      expect([answer.statusCode, answer.headers['www-authenticate'], codeOf(answer)]).toEqual([
        401,
        'Bearer',
        'unauthorized',
      ]);
    }
    for (const headers of [{ authorization: 'Bearer second' }, { 'x-api-key': 'first' }]) {
      expect((await server.inject(withHeaders(headers))).statusCode).toBe(200);
    }
    expect((await server.inject('/models')).statusCode).toBe(401);
    expect((await server.inject('/nothing')).statusCode).toBe(401);
    expect((await server.inject('/alive')).body).toBe('yes');
  });

  test('may stand in the environment', async () => {
    vi.stubEnv('CARDINAL_API_KEY', 'from outside');
    await expect(serve()).rejects.toThrow(/CARDINAL_API_KEY: expected letters/);
    vi.stubEnv('CARDINAL_API_KEY', 'from-outside');
    const server = await serve();
    expect((await server.inject(classify)).statusCode).toBe(401);
    expect((await server.inject(withHeaders({ 'x-api-key': 'from-outside' }))).statusCode).toBe(200);
  });
});

describe('browsers', () => {
  test('load nothing of others into the page, and let no other page read answers', async () => {
    const server = await serve();
    const { headers } = await server.inject(withHeaders({ origin: 'https://other.example' }));
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';script-src 'self';/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('let those of the list', async () => {
    const server = await serve({ cors: ['https://ours.example'], key: 'k' });
    const preflight = (origin: string) =>
      server.inject({
        method: 'OPTIONS',
        url: '/classify',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const ours = await preflight('https://ours.example');
    expect([ours.statusCode, ours.headers['access-control-allow-origin']]).toEqual([
      204,
      'https://ours.example',
    ]);
    const others = await preflight('https://other.example');
    expect(others.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('the log', () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  beforeEach(() => {
    lines.length = 0;
  });
  const parsed = () =>
    lines.map((line) => JSON.parse(line) as { readonly msg: string; readonly request: string });

  test('has a line for each request, without what its client would like to have there', async () => {
    const server = await listening({ logger: { stream }, key: 'the-key' });
    const client = await clientOf(server);
    client.socket.write(
      request('GET /\u0000\u202e%0a{"level":60}?secret=1', {
        'x-request-id': 'a"}\t{"level":60',
        'x-api-key': 'the-key',
      }),
    );
    await client.closed.catch(() => undefined);
    const answer = await server.inject(withHeaders({ 'x-request-id': 'mine-1', 'x-api-key': 'the-key' }));
    expect(answer.headers['x-request-id']).toBe('mine-1');
    await server.inject({
      url: '/nothing%0aelse?secret=2',
      headers: { 'x-api-key': 'wrong', 'x-request-id': 'no\u00a0' },
    });
    const requests = parsed().filter(({ msg }) => msg === 'request');
    expect(requests).toMatchObject([
      {
        request: 'mine-1',
        method: 'POST',
        path: '/classify',
        route: '/classify',
        status: 200,
        model: 'colours',
        batch: 1,
        ms: expect.any(Number) as number,
      },
      { path: '/nothing%0aelse', route: 'none', status: 401, error: 'unauthorized' },
    ]);
    expect(requests[1].request).toMatch(/^[\da-f-]{36}$/);
    const all = lines.join('');
    for (const secret of ['the-key', 'wrong', 'secret', 'PNG']) expect(all).not.toContain(secret);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  });

  test('has what clients do not see of the server’s own faults', async () => {
    const server = await serve({ logger: { stream } });
    vi.spyOn(served.classifier, 'classify').mockRejectedValue(new Error('at /home/me/secret.ts'));
    const answer = await server.inject(classify);
    expect([answer.statusCode, answer.body]).toEqual([
      500,
      '{"error":{"code":"internal","message":"the server failed at this request"}}',
    ]);
    expect(parsed().find(({ msg }) => msg === 'failed')).toMatchObject({
      level: 50,
      err: { message: 'at /home/me/secret.ts', stack: expect.any(String) as string },
    });
  });
});
