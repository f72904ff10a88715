import { describe, expect, test } from 'vitest';
import { epochSchedule } from '../../src/data/schedule.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { pictureDataset } from '../../src/data/source.ts';
import { Rng } from '../../src/base/rng.ts';
import { seed } from '../support/seed.ts';

describe('repeated augmentation', () => {
  const batchesOf = (options: object, epoch = 0) => {
    const schedule = epochSchedule({
      ...{ length: 50, batchSize: 8, shuffle: true, dropLast: false, seed, epoch },
      ...options,
    });
    return Array.from({ length: schedule.batches }, (_, n) => schedule.batch(n));
  };
  const flat = (batches: ReturnType<typeof batchesOf>) => ({
    indices: batches.flatMap(({ indices }) => [...indices]),
    repeats: batches.flatMap(({ repeats = [] }) => [...repeats]),
  });

  test('an epoch is as long as without, of the first third of its order, three times each', () => {
    const plain = flat(batchesOf({}));
    const { indices, repeats } = flat(batchesOf({ times: 3 }));
    expect(indices).toHaveLength(50);
    const counts = new Map<number, number[]>();
    for (const [at, index] of indices.entries())
      counts.set(index, [...(counts.get(index) ?? []), repeats[at]]);
    expect(new Set(counts.keys())).toEqual(new Set(plain.indices.slice(0, 17)));
    const turns = [...counts].map(([index, each]) => [index, each.toSorted((a, b) => a - b)]);
    // 50 is 16 · 3 + 2.
    expect(Object.fromEntries(turns)).toEqual(
      Object.fromEntries(
        plain.indices.slice(0, 17).map((index, at) => [index, at < 16 ? [0, 1, 2] : [0, 1]]),
      ),
    );
  });

  test('what stands beside each other in a batch, and so is mixed, are other pictures', () => {
    for (const { indices } of batchesOf({ times: 3, dropLast: true })) {
      const partners = indices.map((_, row) => indices[(row + indices.length - 1) % indices.length]);
      expect(
        [...indices].every((index, row) => index !== partners[row]),
        String(indices),
      ).toBe(true);
    }
  });

  test('with classes balanced, no two turns of a picture are the same', () => {
    const balanced = [Uint32Array.of(0, 1, 2, 3), Uint32Array.of(4)];
    const { indices, repeats } = flat(batchesOf({ length: 40, balanced, times: 2 }));
    const turns = indices.map((index, at) => `${index}/${repeats[at]}`);
    expect(new Set(turns).size).toBe(40);
  });

  test('once is as without', () => {
    expect(batchesOf({ times: 1 })).toEqual(batchesOf({}));
  });
});

describe('a loader that repeats', () => {
  const pixels = Rng.of(seed, 'pixels');
  const labels = Int32Array.from({ length: 24 }, (_, index) => index % 2);
  const dataset = pictureDataset({
    ...{ name: 'noise', classes: ['a', 'b'], labels, id: String },
    source: {
      kind: 'memory',
      bytes: Uint8Array.from({ length: 24 * 192 }, () => pixels.int(256)),
      ...{ width: 8, height: 8, channels: 3, layout: 'interleaved' },
      ...{ recordBytes: 192, pixelOffset: 0, rows: Uint32Array.from({ length: 24 }, (_, i) => i) },
    },
  });
  const options = {
    ...{ batchSize: 8, training: true, seed, workers: 0, repeats: 3 },
    augmentation: { policy: { kind: 'rand' }, erase: { probability: 0.5 }, lighting: 0.1 },
    mix: { mixup: 0.2, cutmix: 1 },
    preprocessing: defaultPreprocessing({
      channels: 3,
      pictureSize: [8, 8],
      mean: [0.5, 0.5, 0.5],
      std: [1, 1, 1],
    }),
  } as const;
  const rowsOf = async (more: object, start = 0): Promise<string[][]> => {
    const loader = createLoader(dataset, { ...options, ...more });
    const batches: string[][] = [];
    for await (const { input, target, size } of loader.epoch(3, start)) {
      const row = (values: Float32Array, at: number): string =>
        values.slice((at * values.length) / size, ((at + 1) * values.length) / size).join();
      batches.push(Array.from({ length: size }, (_, at) => `${row(input, at)}: ${row(target, at)}`));
    }
    await loader.dispose();
    return batches;
  };

  test('augments each turn differently, in any number of threads, from any batch on, and for every rank', async () => {
    const whole = await rowsOf({});
    expect(whole.map(({ length }) => length)).toEqual([8, 8, 8]);
    expect(new Set(whole.flat()).size).toBe(24);
    expect(await rowsOf({}, 1)).toEqual(whole.slice(1));
    expect(await rowsOf({ workers: 2 })).toEqual(whole);
    const ranks = await Promise.all([0, 1].map((rank) => rowsOf({ share: { rank, size: 2 } })));
    expect(whole.map((_, batch) => ranks.flatMap((rows) => rows[batch]))).toEqual(whole);
  });
});
