import type { FastifyInstance } from 'fastify';
import { copyFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AggregatorRegistry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { contextOf, createServer } from '../../src/serve/create-server.ts';
import { bounded } from '../../src/serve/metrics/bounded.ts';
import { ServedModels } from '../../src/serve/models/served-models.ts';
import { temporaryFolder } from '../node/data/support/sources.ts';
import { classes, colourNetwork, plain, preprocessing, red } from './support/colours.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const weights = join(folder.path, 'weights.safetensors');
const others = join(folder.path, 'others.safetensors');

let models: ServedModels;
let server: FastifyInstance;
let picture: Buffer;
beforeAll(async () => {
  await saveWeights(colourNetwork(10), weights);
  await saveWeights(colourNetwork(-10), others);
  picture = await plain(red);
  models = await ServedModels.load(
    [{ weights, name: 'colours', model: () => colourNetwork(), preprocessing, classes }],
    { backend: () => Promise.resolve(createReferenceBackend()) },
  );
  server = await createServer({ models });
  await server.listen({ port: 0 });
});
afterAll(async () => {
  await server.close();
  await models.close();
});

/** Values by name and labels, `name{a="b"}`, as a client of Prometheus reads them. */
async function scrape(from = server): Promise<Map<string, number>> {
  const { statusCode, body, headers } = await from.inject('/metrics');
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** As a client of the network: only then there is a connection whose end is counted. */
async function ask(path: string, body?: Uint8Array): Promise<void> {
  const { port } = server.server.address() as AddressInfo;
  const headers = { 'content-type': 'image/png' };
  const options = body === undefined ? {} : { method: 'POST', headers, body: Uint8Array.from(body) };
  await (await fetch(`http://127.0.0.1:${port}${path}`, options)).arrayBuffer();
}

/** Expects that values grow by `work`, once the server is done with its connections. */
async function expectGrowth(
  expected: Readonly<Record<string, number>>,
  work: () => Promise<unknown>,
): Promise<void> {
  const before = await scrape();
  await work();
  const growth = async (): Promise<Record<string, number>> => {
    const after = await scrape();
    return Object.fromEntries(
      Object.keys(expected).map((key) => [key, (after.get(key) ?? 0) - (before.get(key) ?? 0)]),
    );
  };
  await expect.poll(growth, { timeout: 20_000 }).toEqual(expected);
}

describe('GET /metrics', () => {
  test('counts requests by route and status, never by address', async () => {
    const expected = {
      'cardinal_http_requests_total{route="/classify",status="200"}': 3,
      'cardinal_http_requests_total{route="/models/:name/classify",status="404"}': 2,
      'cardinal_http_requests_total{route="none",status="404"}': 4,
      'cardinal_http_request_seconds_count{route="/classify"}': 4,
      'cardinal_errors_total{kind="model_not_found"}': 2,
      'cardinal_errors_total{kind="unsupported_format"}': 1,
    };
    await expectGrowth(expected, async () => {
      for (let i = 0; i < 3; i++) await ask('/classify', picture);
      for (const name of ['a', 'b']) await ask(`/models/${name}/classify`, picture);
      for (let i = 0; i < 4; i++) await ask(`/made/up/${i}`);
      await ask('/classify', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    });
    const addresses = [...(await scrape()).keys()].filter((key) => key.includes('made/up'));
    expect(addresses).toEqual([]);
  });

  test('times the stages of each picture, and counts them by batch', async () => {
    const stages = ['decode', 'wait', 'compute'];
    const counts = [
      ...stages.map((stage) => `cardinal_stage_seconds_count{model="colours",stage="${stage}"}`),
      'cardinal_picture_batch_size_count{model="colours"}',
      'cardinal_picture_batch_size_bucket{le="8",model="colours"}',
    ];
    await expectGrowth(Object.fromEntries(counts.map((key) => [key, 3])), () =>
      Promise.all([1, 2, 3].map(() => ask('/classify', picture))),
    );
    const values = await scrape();
    const sum = stages
      .map((stage) => values.get(`cardinal_stage_seconds_sum{model="colours",stage="${stage}"}`) ?? NaN)
      .reduce((a, b) => a + b);
    // In seconds: in milliseconds, a dozen pictures would have taken an hour.
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(performance.now() / 1000);
  });

  test('says how long the queue is', async () => {
    const values = await scrape();
    expect(values.get('cardinal_queue_pictures')).toBe(0);
    expect(values.get('cardinal_queue_bytes')).toBe(0);
    expect(values.get('cardinal_model_waiting{model="colours"}')).toBe(0);
  });

  test('has the version in service, and what reloads came to', async () => {
    const info = async (): Promise<string[]> =>
      [...(await scrape()).keys()].filter((key) => key.startsWith('cardinal_model_info'));
    const line = (version: string): string =>
      `cardinal_model_info{model="colours",version="${version}",architecture="Sequential"}`;
    const before = models.find().version;
    expect(await info()).toEqual([line(before)]);
    const outcomes = ['loaded', 'unchanged', 'failed'];
    const counts = outcomes.map((outcome) => `cardinal_reloads_total{model="colours",outcome="${outcome}"}`);
    await expectGrowth(Object.fromEntries(counts.map((key) => [key, 1])), async () => {
      await models.reload();
      copyFileSync(others, weights);
      await models.reload();
      writeFileSync(weights, 'no weights');
      await models.reload().catch(() => undefined);
    });
    expect(models.find().version).not.toBe(before);
    expect(await info()).toEqual([line(models.find().version)]);
    expect((await scrape()).get('cardinal_ready')).toBe(1);
    // Before the first time, too.
    expect((await scrape()).get('cardinal_engine_revivals_total{model="colours"}')).toBe(0);
  });

  test('tells of the process, once however many servers it has', async () => {
    const other = await createServer({ models });
    for (const each of [server, other]) {
      const values = await scrape(each);
      expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
      expect(values.get('process_start_time_seconds')).toBeGreaterThan(1.7e9);
    }
    expect((await scrape(other)).get('cardinal_http_requests_total{route="/classify",status="200"}')).toBe(
      undefined,
    );
    await other.close();
  });

  test('of several processes are added up', async () => {
    const other = await createServer({ models });
    const { metrics } = contextOf(other);
    const both = [await metrics.samples(), await contextOf(server).metrics.samples()];
    // What goes from one process to another is plain data.
    const sent = JSON.parse(JSON.stringify(both)) as object[][];
    metrics.renderBy(() => AggregatorRegistry.aggregate(sent).metrics());
    const [sum, one] = [await scrape(other), await scrape()];
    const reloads = 'cardinal_reloads_total{model="colours",outcome="loaded"}';
    expect(one.get(reloads)).toBe(1);
    // The other heard of no reload: it was made after it.
    expect(sum.get(reloads)).toBe(1);
    expect(sum.get('cardinal_ready')).toBe(1);
    const info = [...sum].filter(([key]) => key.startsWith('cardinal_model_info'));
    expect(info.map(([, value]) => value)).toEqual([1]);
    await other.close();
  });

  test('needs the key', async () => {
    const locked = await createServer({ models, key: 'secret' });
    expect((await locked.inject('/metrics')).statusCode).toBe(401);
    expect((await locked.inject({ url: '/metrics', headers: { 'x-api-key': 'secret' } })).statusCode).toBe(
      200,
    );
    await locked.close();
  });
});

test('values of a label are bounded', () => {
  const label = bounded(3);
  expect(['a', 'b', 'c', 'd', 'a', 'e'].map(label)).toEqual(['a', 'b', 'c', 'other', 'a', 'other']);
});
