import { describe, expect, it } from 'vitest';
import { announcementLines, urlOf, warningOf } from '../../src/cli/serve/announce.ts';
import { isLoopback } from '../../src/serve/safety/hosts.ts';

describe('what people are told of a server', () => {
  const demo = { name: 'demo', architecture: 'resnext_cifar', classes: 10, input: [1, 28, 28] } as const;
  const settings = { grpcPort: undefined, hasKey: false, hasTls: false, models: [demo] };
  const here = { host: '127.0.0.1', port: 8080, ...settings };

  it('is where it is and a request to try', () => {
    expect(announcementLines(here)).toEqual([
      'serving demo: resnext_cifar, 10 classes, pictures of 1×28×28',
      'listening on http://127.0.0.1:8080',
      '  curl -F image=@cat.jpg http://127.0.0.1:8080/classify',
      '  a page to try it: http://127.0.0.1:8080/   requests: http://127.0.0.1:8080/docs   metrics: http://127.0.0.1:8080/metrics',
    ]);
  });

  it('has the key in the request, the port of gRPC, and all addresses', () => {
    const lines = announcementLines({ ...here, host: '::', port: 80, grpcPort: 9000, hasKey: true });
    expect(lines[1]).toBe('listening on http://localhost:80 (every address, ::), gRPC on port 9000');
    expect(lines[2]).toBe(
      '  curl -H "authorization: Bearer $CARDINAL_API_KEY" -F image=@cat.jpg http://localhost:80/classify',
    );
  });

  it('writes addresses as URLs have them', () => {
    expect(urlOf('::1', 8080)).toBe('http://[::1]:8080');
    expect(urlOf('0.0.0.0', 1)).toBe('http://localhost:1');
    expect(urlOf('10.1.2.3', 1)).toBe('http://10.1.2.3:1');
    expect(announcementLines({ ...here, hasTls: true })[1]).toBe('listening on https://127.0.0.1:8080');
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example', false],
  ])('knows whether only this machine reaches %s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
    expect(warningOf({ host, hasKey: false }) === undefined).toBe(expected);
    expect(warningOf({ host, hasKey: true })).toBeUndefined();
  });
});
