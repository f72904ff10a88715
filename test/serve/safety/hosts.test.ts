import { describe, expect, test } from 'vitest';

import { Hosts, isHostName } from '../../../src/serve/safety/hosts.ts';
import { mount } from '../../../src/serve/mount.ts';
import fastify from 'fastify';
import { clientOf, request } from '../support/client.ts';
import { classify, codeOf, serving } from '../support/served.ts';

const served = serving();

const onLoopback = (given?: readonly string[]): Hosts => {
  const hosts = new Hosts(given);
  hosts.bound({ address: '127.0.0.1', family: 'IPv4', port: 8080 });
  return hosts;
};

describe('on loopback', () => {
  test.each([
    ...['localhost', 'localhost:8080', 'LOCALHOST:1', 'localhost.', 'demo.localhost:8080'],
    ...['127.0.0.1', '127.0.0.1:8080', '[::1]', '[::1]:8080', '10.1.2.3:8080', '[fe80::1]:80'],
    undefined,
  ])('%s passes', (header) => {
    expect(onLoopback().allows(header)).toBe(true);
  });

  test.each([
    ...[
      'evil.example',
      'evil.example:8080',
      'localhost.evil.example',
      'evillocalhost',
      '127.0.0.1.evil.example',
    ],
    ...['', ':8080', '[evil]', '[::1].evil.example', '[127.0.0.1]', 'localhost@evil.example', '0x7f.1'],
  ])('%j does not', (header) => {
    expect(onLoopback().allows(header)).toBe(false);
  });

  test('names that are given pass as well, each or any', () => {
    expect(onLoopback(['Shop.Example']).allows('shop.example:443')).toBe(true);
    expect(onLoopback(['shop.example']).allows('other.example')).toBe(false);
    expect(onLoopback(['shop.example', '*']).allows('other.example')).toBe(true);
  });

  test.each(['::1', '127.1.2.3', '::ffff:127.0.0.1'])('%s is loopback, too', (address) => {
    const hosts = new Hosts(undefined);
    hosts.bound({ address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: 80 });
    expect(hosts.allows('evil.example')).toBe(false);
  });
});

test.each(['0.0.0.0', '::', '10.1.2.3'])('on %s any name passes, unless some are given', (address) => {
  const bound = { address, family: 'IPv4', port: 8080 };
  const any = new Hosts(undefined);
  any.bound(bound);
  expect(any.allows('cardinal.default.svc.cluster.local:8080')).toBe(true);
  const given = new Hosts(['shop.example']);
  given.bound(bound);
  expect(given.allows('shop.example')).toBe(true);
  // A probe of Kubernetes sends the pod's address.
  expect(given.allows('10.244.1.17:8080')).toBe(true);
  expect(given.allows('evil.example')).toBe(false);
});

test('names are names', () => {
  for (const name of ['a', 'a.example', 'my_box', 'xn--bcher-kva.example', '*'])
    expect(isHostName(name)).toBe(true);
  for (const none of [
    '',
    'a.example:80',
    'https://a.example',
    '.example',
    'a.',
    'a b',
    '*.example',
    'a'.repeat(254),
  ]) {
    expect(isHostName(none)).toBe(false);
  }
});

test('a page whose name was pointed here gets nothing, whatever it asks for', async () => {
  const server = await served.listening({ key: 'k' });
  for (const address of [
    'POST /classify',
    'GET /',
    'GET /v2/models/colours',
    'GET /v2/health/live',
    'GET /none',
  ]) {
    const client = await clientOf(server);
    client.socket.write(request(address, { host: 'evil.example:8080', connection: 'close' }));
    expect(await client.closed).toMatch(/^HTTP\/1\.1 421 [^]*is not known as/);
  }
  const page = await clientOf(server);
  page.socket.write(request('GET /v2/health/live', { host: 'localhost:8080', connection: 'close' }));
  expect(await page.closed).toMatch(/^HTTP\/1\.1 200 /);
});

test('createServer takes names, and has a code for others', async () => {
  const server = await served.serve({ allowedHosts: ['shop.example'] });
  const of = (host: string) => server.inject({ ...classify, headers: { ...classify.headers, host } });
  expect((await of('shop.example')).statusCode).toBe(200);
  const refused = await of('evil.example');
  expect([refused.statusCode, codeOf(refused)]).toEqual([421, 'other_host']);
  await expect(served.serve({ allowedHosts: ['shop.example:80'] })).rejects.toThrow(
    'createServer: allowedHosts.0: expected the name of a host, without a port, or *',
  );
});

test('below another server it is for that one to say', async () => {
  const server = await served.serve();
  const host = fastify();
  await host.register(mount, { prefix: '/vision', server });
  await host.listen({ port: 0, host: '127.0.0.1' });
  const client = await clientOf(host);
  client.socket.write(request('GET /vision/models', { host: 'shop.example', connection: 'close' }));
  expect(await client.closed).toMatch(/^HTTP\/1\.1 200 /);
  await host.close();
});
