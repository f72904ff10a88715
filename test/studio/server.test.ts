import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/base/channel/connect.ts';
import { portOfLine } from '../../src/studio/line.ts';
import type { StudioService } from '../../src/studio/service.ts';
import { clientFor, request } from './support/client.ts';
import {
  openPlatform,
  page,
  serveMachine,
  token,
  type TestPlatform,
  type TestStudio,
} from './support/studio.ts';

let opened: TestPlatform;
let studio: TestStudio;

beforeAll(async () => {
  opened = await openPlatform();
  studio = await serveMachine(opened);
});

afterAll(async () => {
  await studio.close();
  await opened.close();
});

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': `cardinal-studio, ${token}`,
};

describe('the engine', () => {
  const statusOf = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await request(studio.origin, 'GET /engine', { ...upgrade, ...headers });
    return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? answer;
  };

  test('is for those who have the token', async () => {
    expect(await statusOf({ origin: studio.origin })).toBe('101');
    // Not from a page at all.
    expect(await statusOf({})).toBe('101');
    expect(await statusOf({ 'sec-websocket-protocol': 'cardinal-studio, other' })).toBe('401');
    expect(await statusOf({ 'sec-websocket-protocol': 'cardinal-studio' })).toBe('401');
    expect(await statusOf({ 'sec-websocket-protocol': `cardinal-studio, ${token}x` })).toBe('401');
  });

  test.each(['https://evil.example', 'http://127.0.0.1:1', 'null', 'http://localhost'])(
    'is not for pages of %s',
    async (origin) => {
      expect(await statusOf({ origin })).toBe('403');
    },
  );

  test('is not reached by a name that was made to point here', async () => {
    expect(await statusOf({ host: 'evil.example', origin: 'http://evil.example' })).toBe('421');
  });

  test('speaks its protocol, never the token', async () => {
    const answer = await request(studio.origin, 'GET /engine', upgrade);
    expect(answer).toMatch(/sec-websocket-protocol: cardinal-studio\r\n/i);
    expect(answer).not.toContain(token);
  });

  test('answers over a WebSocket, and cuts off who sends no message', async () => {
    const client = await clientFor(studio.origin, token);
    const engine = connect<StudioService>(portOfLine(client.line));
    expect(await engine.call('about', [])).toMatchObject({ where: 'machine' });
    const waiting = engine.call('checkData', [{ data: (await engine.call('items', []))[0].id }]);
    client.socket.send(Uint8Array.of(0xc1));
    expect(await client.closed).toBe(1007);
    await expect(waiting).rejects.toThrow(/the line was cut/);
  });

  test('takes no message beyond the largest picture', async () => {
    const client = await clientFor(studio.origin, token);
    client.socket.send(new Uint8Array(41 * 2 ** 20));
    // 1009: too big; a socket that was reset while it sent has no reason.
    expect([1009, 1006]).toContain(await client.closed);
  });
});

describe('the page', () => {
  test('is whole, tells where the engine is, and has strict headers', async () => {
    const answer = await fetch(studio.origin);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<meta name="cardinal-engine" content="machine" />');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none';script-src 'self' 'wasm-unsafe-eval';/,
    );
  });

  test('has all its files, and no other file is to be had', async () => {
    const [script] = (await readdir(join(page, 'assets'))).filter((name) => name.endsWith('.js'));
    const answer = await fetch(`${studio.origin}/assets/${script}`);
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const path of [
      '/assets/../../../package.json',
      '/..%2f..%2fpackage.json',
      '/assets',
      '/index.html.map',
    ]) {
      expect(await request(studio.origin, `GET ${path}`)).toMatch(/^HTTP\/1\.1 404/);
    }
  });

  test('learns why its token is refused', async () => {
    const statusOf = async (key: string) =>
      (await fetch(`${studio.origin}/token`, { headers: { 'x-api-key': key } })).status;
    expect(await statusOf(token)).toBe(204);
    expect(await statusOf('other')).toBe(401);
  });
});
