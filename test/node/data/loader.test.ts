import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { CardinalError } from '../../../src/base/errors.ts';
import type { Batch } from '../../../src/data/dataset.ts';
import { defaultPreprocessing, type Preprocessing } from '../../../src/data/preprocessing.ts';
import type { PictureDataset } from '../../../src/data/source.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import type { LoaderOptions } from '../../../src/data/loader.ts';
import { openData } from '../../../src/node/data/open.ts';
import { cifarFile, temporaryFolder, writeBytes, writeClasses } from './support/sources.ts';

const { path: root, remove } = temporaryFolder();
const photos = join(root, 'photos');
const damaged = join(root, 'damaged');
const preprocessing: Preprocessing = defaultPreprocessing({
  channels: 3,
  imageSize: 12,
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
});
let files: PictureDataset;
let broken: PictureDataset;
let memory: PictureDataset;

beforeAll(async () => {
  await writeClasses(photos, { a: 12, b: 9, c: 6 });
  await writeClasses(damaged, { a: 8, b: 8 });
  for (const name of ['a/003.png', 'b/005.png', 'b/006.png']) {
    writeFileSync(join(damaged, name), 'not a picture any more');
  }
  writeBytes(
    join(root, 'cifar', 'data_batch_1.bin'),
    cifarFile(Array.from({ length: 50 }, (_, i) => [i % 10])),
  );
  files = await training(photos);
  broken = await training(damaged);
  memory = await training(join(root, 'cifar'));
});
afterAll(remove);

async function training(path: string): Promise<PictureDataset> {
  const { train } = await openData(path, { valFraction: 0 });
  if (!train) throw new Error('no training pictures');
  return train;
}

const augmented = {
  batchSize: 4,
  preprocessing,
  training: true,
  seed: 9,
  augmentation: {
    crop: { kind: 'random-resized' },
    flip: 0.5,
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 },
    lighting: 0.1,
  },
  mix: { mixup: 0.2, cutmix: 1 },
} satisfies LoaderOptions;

/** Copies, because a loader reuses a batch's arrays. */
function copyOf({ size, input, target, labels, indices }: Batch): Batch {
  return {
    size,
    input: input.slice(),
    target: target.slice(),
    labels: labels.slice(),
    indices: indices.slice(),
  };
}

async function batchesOf(
  dataset: PictureDataset,
  options: LoaderOptions,
  epoch = 0,
  startBatch = 0,
): Promise<Batch[]> {
  const loader = createLoader(dataset, options);
  const batches: Batch[] = [];
  try {
    for await (const batch of loader.epoch(epoch, startBatch)) batches.push(copyOf(batch));
  } finally {
    await loader.dispose();
  }
  return batches;
}

describe('what a batch holds depends on (seed, epoch, position) alone', () => {
  test.each(['files', 'memory'] as const)('the same with 0, 1 and 3 workers: %s', async (kind) => {
    const dataset = kind === 'files' ? files : memory;
    const local = await batchesOf(dataset, { ...augmented, workers: 0 });
    expect(local.length).toBe(Math.floor(dataset.length / 4));
    expect(await batchesOf(dataset, { ...augmented, workers: 1 })).toEqual(local);
    expect(await batchesOf(dataset, { ...augmented, workers: 3, prefetch: 5 })).toEqual(local);
  });

  test.each(['files', 'memory'] as const)('the same without shared memory: %s', async (kind) => {
    const dataset = kind === 'files' ? files : memory;
    const shared = await batchesOf(dataset, { ...augmented, workers: 0 });
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      expect(await batchesOf(dataset, { ...augmented, workers: 0 })).toEqual(shared);
      expect(await batchesOf(dataset, { ...augmented, workers: 2, prefetch: 3 })).toEqual(shared);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('an epoch resumed at batch k gives the tail of the whole', async () => {
    const whole = await batchesOf(files, augmented, 2);
    for (const start of [1, 4, whole.length]) {
      expect(await batchesOf(files, augmented, 2, start)).toEqual(whole.slice(start));
    }
  });

  test('epochs differ from each other, and each comes out the same again', async () => {
    const loader = createLoader(memory, augmented);
    const first: Batch[][] = [[], [], []];
    for (const [position, epoch] of [0, 1, 0].entries()) {
      for await (const batch of loader.epoch(epoch)) first[position].push(copyOf(batch));
    }
    await loader.dispose();
    expect(first[2]).toEqual(first[0]);
    expect(first[1]).not.toEqual(first[0]);
    expect(await batchesOf(memory, { ...augmented, seed: 10 })).not.toEqual(first[0]);
  });
});

test('a training epoch visits no sample twice and drops the rest', async () => {
  const batches = await batchesOf(files, augmented);
  const indices = batches.flatMap((batch) => [...batch.indices]);
  expect(indices.length).toBe(24);
  expect(new Set(indices).size).toBe(24);
  for (const batch of batches) {
    expect([...batch.labels]).toEqual([...batch.indices].map((index) => files.label(index)));
    for (let n = 0; n < 4; n++) {
      expect(batch.target.subarray(3 * n, 3 * n + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    }
  }
});

test('an evaluation goes in order, pads its last batch with zeros and augments nothing', async () => {
  const options = { batchSize: 8, preprocessing, training: false, classes: 5 };
  const batches = await batchesOf(files, options);
  expect(batches.map(({ size }) => size)).toEqual([8, 8, 8, 3]);
  expect(batches.flatMap(({ indices }) => [...indices])).toEqual(Array.from({ length: 27 }, (_, i) => i));
  const { input, target } = batches[3];
  expect(input.length).toBe(8 * 12 * 12 * 3);
  expect(input.subarray(3 * 432).every((value) => value === 0)).toBe(true);
  expect(input.subarray(0, 3 * 432).some((value) => value !== 0)).toBe(true);
  expect([...target.subarray(0, 20)]).toEqual([0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(await batchesOf(files, options, 7)).toEqual(batches);
});

test('channels last: pixels of a planar record come out interleaved and normalised', async () => {
  const plain = defaultPreprocessing({
    channels: 3,
    pictureSize: [32, 32],
    mean: [0, 0, 0],
    std: [1, 1, 1],
  });
  const [, second] = await batchesOf(memory, { batchSize: 5, preprocessing: plain, training: false });
  // Record 6 of the file is 6, 7, 8 everywhere; it is the second row of the second batch.
  const pixels = [...second.input.subarray(3072, 3072 + 6)];
  expect(pixels).toEqual([6, 7, 8, 6, 7, 8].map((byte) => Math.fround(byte / 255)));
});

describe('pictures that cannot be decoded', () => {
  test('training: another of the class, the same one whatever the workers and the start', async () => {
    const loader = createLoader(broken, { ...augmented, mix: undefined, workers: 2 });
    const batches: Batch[] = [];
    for await (const batch of loader.epoch(0)) batches.push(copyOf(batch));
    for await (const batch of loader.epoch(1)) expect(batch.size).toBe(4);
    await loader.dispose();
    const skipped = loader.skipped.map(({ id }) => id).sort();
    expect(skipped).toEqual(['a/003.png', 'b/005.png', 'b/006.png'].map((name) => join(damaged, name)));
    expect(loader.skipped[0].reason).toBe('not a picture of a known format');

    const used = batches.flatMap(({ indices }) => [...indices]);
    expect(used.some((index) => [3, 13, 14].includes(index))).toBe(false);
    const labels = batches.flatMap((batch) => [...batch.labels]);
    expect(labels.filter((label) => label === 0).length).toBe(8);
    expect(await batchesOf(broken, { ...augmented, mix: undefined, workers: 0 }, 0, 2)).toEqual(
      batches.slice(2),
    );
  });

  test('evaluation: left out and counted', async () => {
    const loader = createLoader(broken, { batchSize: 4, preprocessing, training: false });
    const sizes: number[] = [];
    const seen: number[] = [];
    for await (const batch of loader.epoch(0)) {
      sizes.push(batch.size);
      seen.push(...batch.indices);
      expect(batch.labels.length).toBe(batch.size);
    }
    await loader.dispose();
    expect(sizes).toEqual([3, 4, 4, 2]);
    expect(seen).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15]);
    expect(loader.skipped.length).toBe(3);
  });

  test.each([0, 2])('strict: an error with the file and the reason, %i workers', async (workers) => {
    const options = { batchSize: 4, preprocessing, training: false, strict: true, workers };
    const error: unknown = await batchesOf(broken, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CardinalError);
    expect(String(error)).toContain(`${join(damaged, 'a', '003.png')} cannot be read: not a picture`);
  });

  test('no picture left: an error instead of nothing', async () => {
    const folder = join(root, 'all-broken');
    for (const name of ['a/0.png', 'a/1.png', 'b/0.png', 'b/1.png']) writeBytes(join(folder, name), 'x');
    const dataset = await training(folder);
    const options = { batchSize: 2, preprocessing };
    await expect(batchesOf(dataset, { ...options, training: false })).rejects.toThrow(
      /none of the 4 pictures of .* could be read/,
    );
    await expect(batchesOf(dataset, { ...options, training: true })).rejects.toThrow(
      /neither can any other picture of its class/,
    );
  });
});

describe('life of a loader', () => {
  test('an epoch left early, then another; disposed of with work under way', async () => {
    const loader = createLoader(memory, { ...augmented, workers: 2, prefetch: 4 });
    for await (const batch of loader.epoch(0)) {
      expect(batch.size).toBe(4);
      break;
    }
    let batches = 0;
    for await (const batch of loader.epoch(1)) batches += batch.size / 4;
    expect(batches).toBe(loader.batchesPerEpoch);
    const iterator = loader.epoch(2)[Symbol.asyncIterator]();
    await iterator.next();
    await loader.dispose();
    await expect(iterator.next()).rejects.toThrow(/disposed/);
  });

  test('memory is bounded: batches are filled into the same few arrays', async () => {
    const loader = createLoader(memory, { ...augmented, workers: 2, prefetch: 3 });
    const arrays = new Set<Float32Array>();
    for (const epoch of [0, 1, 2]) {
      for await (const { input } of loader.epoch(epoch)) arrays.add(input);
    }
    await loader.dispose();
    // Three ahead, one in use.
    expect(arrays.size).toBeLessThanOrEqual(4);
    expect([...arrays][0].buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('and without shared memory, where they go to the workers and come back', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      const loader = createLoader(memory, { batchSize: 4, preprocessing, training: true, prefetch: 2 });
      const arrays = new Set<ArrayBufferLike>();
      for (const epoch of [0, 1]) {
        for await (const { input } of loader.epoch(epoch)) arrays.add(input.buffer);
      }
      await loader.dispose();
      // Each is another view of memory that was handed over, and none is of memory that is shared.
      for (const buffer of arrays)
        expect(Object.prototype.toString.call(buffer)).toBe('[object ArrayBuffer]');
      expect([...arrays].filter(({ byteLength }) => byteLength > 0).length).toBeLessThanOrEqual(4);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('what cannot be loaded is refused at once', () => {
    expect(() => createLoader(files, { ...augmented, batchSize: 28 })).toThrow(
      /has 27 pictures, fewer than one batch of 28: use a batch size of at most 27/,
    );
    expect(() => createLoader(files, { ...augmented, batchSize: 0 })).toThrow(/of at least 1, got 0/);
    expect(() => createLoader(files, { ...augmented, classes: 2 })).toThrow(/has 3 classes, more than the 2/);
    expect(() => createLoader(files, { ...augmented, augmentation: { flip: 2 } })).toThrow(
      /the augmentation: flip: /,
    );
  });

  test('a process that has what it wanted ends, with its workers idle or busy', async () => {
    const script = join(import.meta.dirname, `loader-exit-${process.pid}.ts`);
    writeFileSync(
      script,
      `import { createLoader } from '../../../src/node/data/loader.ts';
       import { openData } from '../../../src/node/data/open.ts';
       const { train } = await openData(${JSON.stringify(photos)}, { valFraction: 0 });
       const loader = createLoader(train, { batchSize: 4, training: true, workers: 2,
         preprocessing: ${JSON.stringify(preprocessing)} });
       for await (const batch of loader.epoch(0)) { console.log(batch.size); break; }`,
    );
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 150_000 });
      expect(stdout).toBe('4\n');
    } finally {
      rmSync(script);
    }
  });
});
