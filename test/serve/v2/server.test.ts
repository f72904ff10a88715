import { describe, expect, test, vi } from 'vitest';

import { VERSION } from '../../../src/base/version.ts';
import { contextOf, createServer } from '../../../src/serve/create-server.ts';
import { prepared } from '../support/colour-tensors.ts';
import { classes, red } from '../support/colours.ts';
import { address, pictures, tensor, v2Server } from '../support/v2.ts';

const v2 = v2Server();
const { get, infer, refusal } = v2;

describe('server and models', () => {
  test('GET /v2', async () => {
    for (const url of ['/v2', '/v2/']) {
      const response = await get(url);
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toMatch('application/json');
      expect(response.json()).toEqual({
        name: 'cardinal',
        version: VERSION,
        extensions: ['binary_tensor_data', 'classification'],
      });
    }
  });

  test('GET /v2/health/live and /v2/health/ready', async () => {
    const live = await get('/v2/health/live');
    expect([live.statusCode, live.json()]).toEqual([200, { live: true }]);
    const ready = await get('/v2/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([200, { live: true, ready: true }]);
  });

  test('a server that drains is live, not ready, and refuses requests', async () => {
    await contextOf(v2.server).life.drain();
    expect((await get('/v2/health/live')).statusCode).toBe(200);
    const ready = await get('/v2/health/ready');
    const error = expect.stringContaining('shutting down') as string;
    expect([ready.statusCode, ready.json()]).toEqual([503, { live: true, ready: false, error }]);
    const model = await get('/v2/models/colours/ready');
    expect([model.statusCode, model.json()]).toEqual([503, { name: 'colours', ready: false, error }]);
    expect(await refusal(tensor(prepared(red)))).toEqual([503, expect.stringContaining('shutting down')]);
  });

  test('GET /v2/models/{model}[/versions/{version}]', async () => {
    for (const url of ['/v2/models/colours', '/v2/models/colours/versions/1']) {
      const response = await get(url);
      expect(response.statusCode).toBe(200);
      const { properties, ...rest } = response.json<{
        properties: Record<'classes' | 'preprocessing' | 'inputs.image', string>;
      }>();
      expect(rest).toEqual({
        name: 'colours',
        versions: ['1'],
        platform: 'cardinal_safetensors',
        inputs: [
          { name: 'image', datatype: 'BYTES', shape: [-1] },
          { name: 'input', datatype: 'FP32', shape: [-1, 3, 4, 4] },
        ],
        outputs: [
          { name: 'logits', datatype: 'FP32', shape: [-1, 3] },
          { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
          { name: 'classes', datatype: 'BYTES', shape: [-1] },
        ],
      });
      expect(JSON.parse(properties.classes)).toEqual(classes);
      expect(JSON.parse(properties.preprocessing)).toEqual(v2.classifier.preprocessing);
      expect(properties['inputs.image']).toMatch(/base64/);
    }
    expect((await get('/v2/models/other')).json()).toMatchObject({ name: 'other' });
  });

  test('GET /v2/models/{model}[/versions/{version}]/ready', async () => {
    for (const url of ['/v2/models/colours/ready', '/v2/models/colours/versions/1/ready']) {
      const response = await get(url);
      expect([response.statusCode, response.json()]).toEqual([200, { name: 'colours', ready: true }]);
    }
  });

  test.each(['', '/ready', '/infer'])('there is no other model or version: …%s', async (end) => {
    for (const model of ['shapes', 'colours/versions/2', 'shapes/versions/1']) {
      const method = end === '/infer' ? 'POST' : 'GET';
      // Looked for before the body is.
      const payload = method === 'POST' ? { payload: { inputs: 'none' } } : {};
      const response = await v2.server.inject({ method, url: `/v2/models/${model}${end}`, ...payload });
      expect(response.statusCode).toBe(404);
      expect(response.json()).toEqual({ error: expect.stringMatching(/^there is no.*colours/) as string });
    }
  });

  test('other addresses and methods', async () => {
    for (const [method, url] of [
      ['GET', '/v2/nothing'],
      ['GET', address],
      ['POST', '/v2'],
      ['DELETE', '/v2/models/colours'],
      ['POST', '/v2/repository/index'],
    ] as const) {
      const response = await v2.server.inject({ method, url });
      expect([url, response.statusCode]).toEqual([url, 404]);
      expect(response.json()).toEqual({ error: expect.stringContaining(method) as string });
    }
  });
});

describe('what guards every request', () => {
  const serving = async (options: Partial<Parameters<typeof createServer>[0]>): Promise<void> => {
    await v2.server.close();
    v2.server = await createServer({ models: { colours: v2.classifier }, ...options });
  };

  test('a key, but not for health', async () => {
    await serving({ key: 'secret' });
    expect((await get('/v2')).statusCode).toBe(401);
    expect((await get('/v2/models/colours')).json()).toEqual({
      error: expect.stringContaining('key') as string,
    });
    expect((await refusal(tensor(prepared(red))))[0]).toBe(401);
    for (const url of ['/v2/health/live', '/v2/health/ready', '/v2/models/colours/ready']) {
      expect((await get(url)).statusCode).toBe(200);
    }
    const headers = { authorization: 'Bearer secret' };
    expect((await infer(tensor(prepared(red)), { headers })).statusCode).toBe(200);
  });

  test('a body larger than may be', async () => {
    await serving({ bodyBytes: 200 });
    expect(await refusal(tensor(prepared(red)))).toEqual([413, expect.stringContaining('200 bytes')]);
  });

  test('a queue, in which each picture has a place', async () => {
    await serving({ queue: 2 });
    const full = await infer(tensor(prepared(red, red, red), [3, 3, 4, 4]));
    expect([full.statusCode, full.json()]).toEqual([429, { error: expect.any(String) as string }]);
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(0);
    expect((await infer(tensor(prepared(red, red), [2, 3, 4, 4]))).statusCode).toBe(200);
  });

  test('a deadline', async () => {
    vi.spyOn(v2.classifier, 'forward').mockImplementation(
      (_, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        }),
    );
    const headers = { 'x-request-timeout': '0.05' };
    expect(await refusal(tensor(prepared(red)), { headers })).toEqual([504, expect.any(String)]);
  });

  test('weights that give no numbers for a picture are the fault of the server', async () => {
    vi.spyOn(v2.classifier, 'logits').mockResolvedValue(Float32Array.of(1, NaN, 2));
    const data = [pictures.red.toString('base64')];
    const inputs = [{ name: 'image', shape: [1], datatype: 'BYTES', data }];
    expect((await refusal({ inputs }))[0]).toBe(500);
  });

  test('what fails inside has no details', async () => {
    vi.spyOn(v2.classifier, 'forward').mockRejectedValue(new Error('/home/me/secret.safetensors'));
    expect(await refusal(tensor(prepared(red)))).toEqual([500, expect.not.stringContaining('secret')]);
  });
});
