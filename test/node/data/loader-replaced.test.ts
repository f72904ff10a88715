import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';

import { CardinalError, DisposedError } from '../../../src/base/errors.ts';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import type { AssembledBatch } from '../../../src/data/assembler.ts';
import { inTime } from '../../../src/data/in-time.ts';
import { PixelBudget } from '../../../src/data/pixel-budget.ts';
import { workerPool } from '../../../src/node/data/pool.ts';
import type { FilledBatch } from '../../../src/data/pool-messages.ts';
import type { DecoderPool } from '../../../src/data/decoder-pool.ts';
import { DecodeWatch, newWatchedPlaces, noting, ToldWatch } from '../../../src/data/decode-watch.ts';
import { temporaryFolder } from './support/sources.ts';

const { path: root, remove } = temporaryFolder();
afterAll(remove);

const script = new URL('./support/stuck-worker.ts', import.meta.url);
const late = 'decoding took longer than 0.2 s (`decodeSeconds`)';

/** A pool over samples of class 0, all of them decoded as their paths say. */
function poolOf(
  paths: readonly string[],
  unreadable: 'replace' | 'leave-out' | 'refuse',
  size = 1,
): DecoderPool {
  return workerPool(
    {
      spec: {
        preprocessing: defaultPreprocessing({
          channels: 3,
          pictureSize: [8, 8],
          mean: [0, 0, 0],
          std: [1, 1, 1],
        }),
        augmentation: undefined,
        mix: undefined,
        classes: 1,
        seed: 3,
        unreadable,
      },
      source: { kind: 'files', paths, limits: { maxPixels: 1000, decodeSeconds: 0.2 } },
      labels: new Int32Array(paths.length),
      name: 'samples',
    },
    size,
    script,
  );
}

interface Filled extends AssembledBatch {
  readonly input: Float32Array;
}

async function batch(pool: DecoderPool, ...indices: readonly number[]): Promise<Filled> {
  const input = new Float32Array(new SharedArrayBuffer(4 * indices.length * 192));
  const target = new Float32Array(new SharedArrayBuffer(4 * indices.length));
  const request = { epoch: 0, batch: 0, indices: Uint32Array.from(indices) };
  return { ...(await pool.assemble(request, input, target)), input };
}

describe('a worker in which a picture takes too long', () => {
  test.each(['silent', 'endless'])('%s: is replaced, and the picture is left out, aloud', async (kind) => {
    const pool = poolOf(['a', 'b', kind, 'd'], 'leave-out');
    // Both jobs are the worker's: the one that is stuck, and the one behind it.
    const [first, second] = await Promise.all([batch(pool, 0, 1, 2, 3), batch(pool, 3, 1)]);
    expect([...first.indices]).toEqual([0, 1, 3]);
    expect(first.failures).toEqual([{ index: 2, reason: late }]);
    expect(Array.from({ length: 4 }, (_, n) => first.input[192 * n])).toEqual(
      [0, 1, 3, 0].map((byte) => Math.fround(byte / 255)),
    );
    expect([...second.indices]).toEqual([3, 1]);
    // It is not tried again, and nothing has to be ended for it.
    expect((await batch(pool, 2, 0)).failures).toEqual([{ index: 2, reason: late }]);
    await pool.dispose();
  });

  test.each(['silent', 'endless'])('%s: the same without shared memory', async (kind) => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      const pool = poolOf(['a', 'b', kind, 'd'], 'leave-out');
      const fill = (...indices: readonly number[]): Promise<FilledBatch> =>
        pool.assemble(
          { epoch: 0, batch: 0, indices: Uint32Array.from(indices) },
          new Float32Array(indices.length * 192),
          new Float32Array(indices.length),
        );
      const [first, second] = await Promise.all([fill(0, 1, 2, 3), fill(3, 1)]);
      expect([...first.indices]).toEqual([0, 1, 3]);
      expect(first.failures).toEqual([{ index: 2, reason: late }]);
      expect(Array.from({ length: 4 }, (_, n) => first.input[192 * n])).toEqual(
        [0, 1, 3, 0].map((byte) => Math.fround(byte / 255)),
      );
      expect([...second.indices]).toEqual([3, 1]);
      await pool.dispose();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('training: another picture takes its place, the same one as for any other reason', async () => {
    const pool = poolOf(['a', 'b', 'silent', 'd', 'e', 'f'], 'replace');
    const { indices, failures } = await batch(pool, 2);
    expect(failures.map(({ index }) => index)).toEqual([2]);
    expect((await batch(pool, 2)).indices).toEqual(indices);
    await pool.dispose();
  });

  test('strict: it is refused by name', async () => {
    const pool = poolOf(['a', 'endless'], 'refuse');
    const error: unknown = await batch(pool, 0, 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CardinalError);
    expect(String(error)).toContain(`endless cannot be read: ${late}`);
    await pool.dispose();
  });

  test('the others are told, and do not try it', async () => {
    const tries = join(root, 'tries');
    const pool = poolOf(['a', `silent:${tries}`, 'c'], 'leave-out', 2);
    const [one, other] = await Promise.all([batch(pool, 1), batch(pool, 0)]);
    expect([one.size, other.size]).toEqual([0, 1]);
    // Two at once are one for each.
    const again = await Promise.all([batch(pool, 1), batch(pool, 1)]);
    expect(again.map(({ failures }) => failures)).toEqual([one.failures, one.failures]);
    expect(readFileSync(tries, 'utf8')).toBe('tried ');
    await pool.dispose();
  });

  test('disposing of the pool does not wait for it', async () => {
    const pool = poolOf(['endless'], 'leave-out');
    const owed = batch(pool, 0);
    owed.catch(() => undefined);
    await pool.dispose();
    await expect(owed).rejects.toThrow(DisposedError);
  });
});

describe('a worker that ends by itself', () => {
  test('is replaced, and its batches come out as they would have', async () => {
    const pool = poolOf(['a', join(root, 'once'), 'c'], 'leave-out');
    const { indices, failures } = await batch(pool, 0, 1, 2);
    expect([...indices]).toEqual([0, 1, 2]);
    expect(failures).toEqual([]);
    await pool.dispose();
  });

  test('again and again is an error that says so', async () => {
    const pool = poolOf(['deadly'], 'leave-out');
    await expect(batch(pool, 0)).rejects.toThrow(/^a data worker ended unexpectedly with code 3/);
    await expect(batch(pool, 0)).rejects.toThrow(CardinalError);
    await pool.dispose();
  });
});

test('the watch sees who stays, not who comes again', async () => {
  const watched = newWatchedPlaces();
  const watch = new DecodeWatch(watched, 2);
  const note = noting(watched);
  const waiting: (() => void)[] = [];
  const under = (index: number): Promise<void> =>
    note(index)(() => new Promise<void>((resolve) => waiting.push(resolve)));
  const first = under(7);
  expect(watch.overdue(0)).toBeUndefined();
  const second = under(8);
  expect(watch.overdue(1500)).toBeUndefined();
  waiting.shift()?.();
  await first;
  // The same picture in the same place, another time.
  const third = under(7);
  expect(watch.overdue(2500)).toBeUndefined();
  expect(watch.overdue(3501)).toBe(8);
  waiting.shift()?.();
  await second;
  expect(watch.overdue(4000)).toBeUndefined();
  expect(watch.overdue(4501)).toBe(7);
  waiting.shift()?.();
  await third;
  expect(watch.overdue(9999)).toBeUndefined();
});

test('the watch of what is told counts looks, and forgets what is done', () => {
  const watch = new ToldWatch(2);
  watch.note({ turn: 1, decoding: 7 });
  expect([watch.overdue(), watch.overdue()]).toEqual([undefined, undefined]);
  watch.note({ turn: 1, decoding: undefined });
  watch.note({ turn: 2, decoding: 7 });
  expect([watch.overdue(), watch.overdue(), watch.overdue()]).toEqual([undefined, undefined, 7]);
});

test('who waits for a decoder gives it up in time', async () => {
  vi.useFakeTimers();
  try {
    const late = expect(inTime(5)(() => new Promise(() => undefined))).rejects.toThrow(
      'decoding took longer than 5 s (`decodeSeconds`)',
    );
    await vi.advanceTimersByTimeAsync(5000);
    await late;
    expect(await inTime(5)(() => Promise.resolve(3))).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('pictures in work have together no more pixels than one may have, and come in their order', async () => {
  const budget = new PixelBudget();
  const order: number[] = [];
  let inWork = 0;
  let most = 0;
  const decode = (pixels: number): Promise<void> =>
    budget.take(pixels, 100, async () => {
      inWork += pixels;
      most = Math.max(most, inWork);
      order.push(pixels);
      await Promise.resolve();
      await Promise.resolve();
      inWork -= pixels;
      if (pixels === 41) throw new Error('damaged');
    });
  const sizes = [60, 30, 20, 100, 41, 1, 99, 500, 2];
  const done = await Promise.allSettled(sizes.map(decode));
  expect(order).toEqual(sizes);
  expect(done.filter(({ status }) => status === 'rejected').length).toBe(1);
  // What a call with a larger limit of its own takes is alone.
  expect(most).toBe(500);
  expect(inWork).toBe(0);
});
