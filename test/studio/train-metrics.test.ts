import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { metricsLine } from '../../src/run/folder/metrics-line.ts';
import { readMetricsFrom } from '../../src/serve/studio/platform/metrics.ts';
import { Ends } from '../../src/serve/studio/platform/ends.ts';
import { KeptCurves } from '../../src/studio/train/kept-curves.ts';
import type { MetricsCursor, MetricsPart } from '../../src/studio/train/platform.ts';
import { Recent } from '../../src/studio/recent.ts';

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-metrics-'));
  path = join(folder, 'metrics.jsonl');
});

beforeEach(async () => {
  await rm(path, { force: true });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const step = (step: number, more: object = {}): string => metricsLine({ type: 'step', step, ...more });

/** All that is there, and where the next begins. */
async function readAll(from?: MetricsCursor): Promise<{
  readonly steps: (number | undefined)[];
  readonly again: boolean;
  readonly cursor: MetricsCursor;
}> {
  const steps: (number | undefined)[] = [];
  let cursor = from;
  let again = false;
  for (;;) {
    const part: MetricsPart = await readMetricsFrom(path, cursor);
    again ||= part.again;
    steps.push(...part.records.map((record) => record.step));
    cursor = part.cursor;
    if (!part.more) return { steps, again, cursor };
  }
}

test('a torn last line is read when it is whole', async () => {
  await writeFile(path, step(1) + step(2).slice(0, 20));
  const first = await readAll();
  expect(first.steps).toEqual([1]);
  await appendFile(path, step(2).slice(20));
  const second = await readAll(first.cursor);
  expect([second.steps, second.again]).toEqual([[2], false]);
});

test('a damaged line is left out, and those behind it are not', async () => {
  await writeFile(path, `${step(1)}${step(2).replace('"step":2', '"step":7')}not JSON\n${step(3)}`);
  expect((await readAll()).steps).toEqual([1, 3]);
});

test('a file that was cut and has grown beyond where it was is read anew', async () => {
  await writeFile(path, [1, 2, 3, 4].map((each) => step(each, { elapsed: each })).join(''));
  const { cursor } = await readAll();
  await truncate(path, step(1, { elapsed: 1 }).length);
  await appendFile(path, [2, 3, 4, 5, 6].map((each) => step(each, { elapsed: each + 0.5 })).join(''));
  const after = await readAll(cursor);
  expect([after.steps, after.again]).toEqual([[1, 2, 3, 4, 5, 6], true]);
});

test('a run that was replaced by one of the same length is read anew', async () => {
  await writeFile(path, step(1, { loss: 0.25 }));
  const { cursor } = await readAll();
  await rm(path);
  expect(await readAll(cursor)).toMatchObject({ steps: [], again: true });
  await writeFile(path, step(1, { loss: 0.75 }));
  const after = await readAll(cursor);
  expect([after.steps, after.again]).toEqual([[1], true]);
});

test('a line longer than a piece is read, and the pieces behind it', async () => {
  const classes = Array.from({ length: 30_000 }, (_, at) => `class number ${at}`);
  const steps = Array.from({ length: 5000 }, (_, at) => at + 1);
  await writeFile(
    path,
    metricsLine({ type: 'start', classes }) +
      steps.map((each) => step(each, { meanLoss: each / 7 })).join(''),
  );
  expect((await readAll()).steps).toEqual([undefined, ...steps]);
});

test('how a run ended is read from its end, and again when that has changed', async () => {
  const ends = new Ends();
  await writeFile(path, step(1).repeat(2000) + metricsLine({ type: 'end', reason: 'stopped-early' }));
  expect(await ends.of(path)).toBe('stopped-early');
  await appendFile(path, metricsLine({ type: 'start' }));
  expect(await ends.of(path)).toBeUndefined();
  await appendFile(path, step(2) + metricsLine({ type: 'end', reason: 'finished' }));
  expect(await ends.of(path)).toBe('finished');
  expect(await ends.of(join(folder, 'nowhere'))).toBeUndefined();
});

test('curves are read once for all who watch, and have another version when there is more', async () => {
  await writeFile(path, step(1, { stepsPerEpoch: 2, loss: 3 }));
  let reads = 0;
  const curves = new KeptCurves({
    metrics: (_, cursor) => {
      reads++;
      return readMetricsFrom(path, cursor);
    },
  });
  const [first, second] = await Promise.all([curves.read('a'), curves.read('a')]);
  expect(second).toBe(first);
  expect(reads).toBe(1);
  expect((await curves.read('a')).version).toBe(first.version);
  await appendFile(path, step(2, { stepsPerEpoch: 2, loss: 1 }));
  const more = await curves.read('a');
  expect(more.version).not.toBe(first.version);
  expect([...more.curves.loss.training.values]).toEqual([3, 1]);
  await writeFile(path, step(1, { stepsPerEpoch: 2, loss: 8 }));
  expect([...(await curves.read('a')).curves.loss.training.values]).toEqual([8]);
});

test('what is recent is not asked for again, and what failed is', async () => {
  let asked = 0;
  let time = 0;
  const recent = new Recent(
    () => {
      asked++;
      return asked === 2 ? Promise.reject(new Error('away')) : Promise.resolve(asked);
    },
    300,
    () => time,
  );
  expect(await Promise.all([recent.get(), recent.get()])).toEqual([1, 1]);
  time = 299;
  expect(await recent.get()).toBe(1);
  time = 300;
  await expect(recent.get()).rejects.toThrow('away');
  expect(await recent.get()).toBe(3);
});
