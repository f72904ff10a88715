import { describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import type { Batch, Picture } from '../../../src/data/dataset.ts';
import type { LoaderOptions } from '../../../src/data/loader.ts';
import { ownData, type OwnDataOptions } from '../../../src/data/own/own-data.ts';
import type { OwnSample } from '../../../src/data/own/own-samples.ts';
import type { Preprocessing } from '../../../src/data/preprocessing.ts';
import type { PictureDataset } from '../../../src/data/source.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { readPicture } from '../../../src/node/data/decode.ts';
import { fitPreprocessing } from '../../../src/node/data/channel-statistics.ts';
import { recordOf } from '../../../src/node/data/record-pictures.ts';

const classes = ['dark', 'light'];
const bytes: Preprocessing = {
  ...{ channels: 1, size: [2, 2], resize: null, interpolation: 'bilinear', mean: [0], std: [1] },
};
const base = { batchSize: 2, preprocessing: bytes, training: true, workers: 0 } satisfies LoaderOptions;

function grey(value: number, width = 2, height = 2): Picture {
  return { width, height, channels: 1, data: new Uint8Array(width * height).fill(value) };
}

function samples(count: number): OwnSample[] {
  return Array.from({ length: count }, (_, index) => ({ picture: grey(index), label: index % 2 }));
}

/** First value of each picture in bytes, batch by batch. */
async function shown(
  dataset: PictureDataset | undefined,
  options: Partial<LoaderOptions> = {},
  epoch = 0,
  startBatch = 0,
): Promise<number[][]> {
  if (dataset === undefined) throw new Error('no pictures');
  const loader = createLoader(dataset, { ...base, ...options });
  try {
    const batches: number[][] = [];
    for await (const batch of loader.epoch(epoch, startBatch)) batches.push(firsts(batch));
    return batches;
  } finally {
    await loader.dispose();
  }
}

function firsts({ size, input }: Batch): number[] {
  const each = input.length / base.batchSize;
  return Array.from({ length: size }, (_, row) => Math.round(255 * input[row * each]));
}

describe('pictures that are kept', () => {
  test('may be an array, a generator, an async one, or a tensor of bytes', async () => {
    async function* later(): AsyncGenerator<OwnSample> {
      for (const sample of samples(6)) yield await Promise.resolve(sample);
    }
    const tensor = {
      shape: [6, 1, 2, 2],
      data: Uint8Array.from({ length: 24 }, (_, at) => Math.floor(at / 4)),
      labels: ['dark', 'light', 'dark', 1, 0, 1],
    };
    const kinds = [samples(6), samples(6).values(), later(), tensor];
    for (const test of kinds) {
      const data = await ownData({ classes, test });
      expect(await shown(data.test, { shuffle: false })).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ]);
      expect(data).toMatchObject({ kind: 'own', path: 'own pictures', channels: 1, pictureSize: [2, 2] });
      expect([...(data.test?.labels ?? [])]).toEqual([0, 1, 0, 1, 0, 1]);
      expect(data.test?.id(3)).toBe('test[3]');
    }
  });

  test('are the program’s own afterwards: a generator may fill the same array again', async () => {
    const data = new Uint8Array(4);
    function* again(): Generator<OwnSample> {
      for (let value = 0; value < 4; value++) {
        data.fill(value);
        yield { picture: { width: 2, height: 2, channels: 1, data }, label: 'dark', name: `no. ${value}` };
      }
    }
    const { test: kept } = await ownData({ classes, test: again() });
    data.fill(99);
    expect((await shown(kept, { shuffle: false })).flat()).toEqual([0, 1, 2, 3]);
    expect(kept?.id(2)).toBe('no. 2');
  });

  test('of several sizes come back to the byte, in threads too', async () => {
    const seed = 7;
    const pictures = [3, 5, 4, 6].map((side, index): Picture => {
      const channels = index % 2 === 0 ? 3 : 1;
      const rng = Rng.of(seed, index);
      const data = Uint8Array.from({ length: side * 2 * channels }, () => rng.int(256));
      return { width: side, height: 2, channels, data };
    });
    const train = pictures.map((picture, label) => ({ picture, label: label % 2 }));
    const data = await ownData({ classes, train, valFraction: 0 });
    expect(data).toMatchObject({ channels: 3, pictureSize: undefined });
    const { train: kept } = data;
    if (kept === undefined) throw new Error('no pictures');
    for (const [index, picture] of pictures.entries())
      expect(await readPicture(kept, index)).toEqual(picture);
    expect(await shown(kept, { workers: 1 })).toEqual(await shown(kept));
  });

  test('are held out as those of a folder are, unless there is a val', async () => {
    const { train, val, heldOut } = await ownData({ classes, train: samples(20), seed: 3 });
    expect([train?.length, val?.length, heldOut]).toEqual([18, 2, { seed: 3, fraction: 0.1 }]);
    const whole = await ownData({ classes, train: samples(20), valFraction: 0 });
    expect([whole.train?.length, whole.val]).toEqual([20, undefined]);
  });
});

describe('numbers', () => {
  const numbers = Float32Array.from({ length: 3 * 3 * 2 * 2 }, (_, at) => Math.sin(at) * 2);
  const rgb: Preprocessing = { ...bytes, channels: 3, mean: [0.1, 0.2, 0.3], std: [0.5, 0.6, 0.7] };

  test('go into the network as they are, in channels-last order, normalised if that is asked for', async () => {
    const data = await ownData({ classes, test: { shape: [3, 3, 2, 2], data: numbers, labels: [0, 1, 0] } });
    const { test: kept } = data;
    if (kept === undefined) throw new Error('no pictures');
    const asTheyAre = await fitPreprocessing(data);
    expect(asTheyAre).toMatchObject({ size: [2, 2], mean: [0, 0, 0], std: [1, 1, 1] });
    const valueAt = (n: number, c: number, y: number, x: number): number =>
      numbers[((n * 3 + c) * 2 + y) * 2 + x];
    for (const [preprocessing, close] of [
      [asTheyAre, 8],
      [rgb, 6],
    ] as const) {
      const loader = createLoader(kept, { ...base, batchSize: 3, training: false, preprocessing });
      for await (const { input } of loader.epoch(0)) {
        for (let at = 0; at < 36; at++) {
          const [c, x, y, n] = [at % 3, Math.floor(at / 3) % 2, Math.floor(at / 6) % 2, Math.floor(at / 12)];
          const expected = (valueAt(n, c, y, x) - preprocessing.mean[c]) / preprocessing.std[c];
          expect(input[at]).toBeCloseTo(expected, close);
        }
      }
      await loader.dispose();
    }
  });

  test('are hashed to the last bit', async () => {
    const hash = async (change: number): Promise<unknown> => {
      const data = numbers.slice();
      data[5] += change;
      return recordOf(
        await ownData({ classes, train: { shape: [3, 3, 2, 2], data, labels: [0, 1, 0] }, valFraction: 0 }),
      );
    };
    expect(await hash(0)).toEqual(await hash(0));
    expect(await hash(1e-6)).not.toEqual(await hash(0));
  });

  test('are not resized or augmented', async () => {
    const { train } = await ownData({
      classes,
      train: { shape: [3, 3, 2, 2], data: numbers, labels: [0, 1, 0] },
      valFraction: 0,
    });
    await expect(shown(train)).rejects.toThrow(
      /^the pictures of train of own pictures: numbers are taken as they are: expected 2×2×1, the network's input, got 2×2×3;/,
    );
    await expect(shown(train, { preprocessing: rgb, augmentation: { flip: 0.5 } })).rejects.toThrow(
      /numbers are taken as they are, without flip: change them in a stream/,
    );
    await expect(shown(train, { preprocessing: rgb, augment: (picture) => picture })).rejects.toThrow(
      /without augment/,
    );
    const nothing = { flip: 0, erase: { probability: 0 } };
    expect(await shown(train, { preprocessing: rgb, augmentation: nothing })).toHaveLength(1);
    const erased = { erase: { probability: 0.1 } };
    await expect(shown(train, { preprocessing: rgb, augmentation: erased })).rejects.toThrow(/without erase/);
    await expect(shown(train, { preprocessing: {} as Preprocessing })).rejects.toThrow(
      /^the preprocessing: .*channels/,
    );
  });
});

describe('a stream', () => {
  const begun: string[] = [];
  let ended = 0;
  /** For ever: 10 × epoch + place. */
  async function* counting(epoch: number, seed: number): AsyncGenerator<OwnSample> {
    begun.push(`${epoch} of ${seed}`);
    try {
      for (let at = 0; ; at++) yield await Promise.resolve({ picture: grey(10 * epoch + at), label: at % 2 });
    } finally {
      ended++;
    }
  }

  test('is begun anew for each epoch, in its own order, and ended when it has given its length', async () => {
    const { train } = await ownData({ classes, train: { length: 5, stream: counting } });
    expect([train?.length, begun.splice(0), ended]).toEqual([5, ['0 of 0'], 1]);
    const whole = [await shown(train, { seed: 4 }), await shown(train, { seed: 4 }, 2)];
    expect(whole).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      [
        [20, 21],
        [22, 23],
      ],
    ]);
    expect(begun.splice(0)).toEqual(['0 of 4', '2 of 4']);
    expect(await shown(train, { seed: 4 }, 2, 1)).toEqual([[22, 23]]);
    expect(await shown(train, { training: false })).toEqual([[0, 1], [2, 3], [4]]);
    await Promise.resolve();
    expect(ended).toBe(5);
  });

  test('of numbers gives numbers', async () => {
    function* drawn(): Generator<OwnSample> {
      yield { picture: { width: 2, height: 2, channels: 1, data: Float32Array.of(0.5, 2, -1, 0) }, label: 1 };
    }
    const { train } = await ownData({ classes, train: { length: 1, stream: drawn } });
    if (train === undefined) throw new Error('no pictures');
    const loader = createLoader(train, { ...base, batchSize: 1 });
    for await (const { input, labels } of loader.epoch(0)) {
      expect([...input, ...labels]).toEqual([0.5, 2, -1, 0, 1]);
    }
    await loader.dispose();
  });

  test('has the labels of its own seed in each of two loaders at once', async () => {
    async function* seeded(_: number, seed: number): AsyncGenerator<OwnSample> {
      for (;;) yield await Promise.resolve({ picture: grey(seed), label: seed });
    }
    const { train } = await ownData({ classes, train: { length: 8, stream: seeded } });
    if (train === undefined) throw new Error('no pictures');
    const labelsOf = async (seed: number): Promise<unknown> => {
      const loader = createLoader(train, { ...base, batchSize: 4, seed });
      const given: number[] = [];
      for await (const { labels, target } of loader.epoch(0)) given.push(...labels, ...target);
      await loader.dispose();
      return given;
    };
    const alone = [await labelsOf(0), await labelsOf(1)];
    expect(await Promise.all([labelsOf(0), labelsOf(1)])).toEqual(alone);
    expect(train.label(3)).toBeLessThan(2);
  });

  test('what is wrong with it is one line that names picture and epoch', async () => {
    const streams: [(epoch: number) => Iterable<unknown>, RegExp][] = [
      [
        (epoch) => (epoch === 0 ? samples(4) : samples(3)),
        /^ownData: the stream of train ended after 3 pictures of epoch 1, expected its length, 4$/,
      ],
      [
        function* (epoch) {
          yield* samples(3);
          if (epoch > 0) throw new Error('the tape is torn');
          yield* samples(1);
        },
        /^ownData: train\[3\] of epoch 1: its stream threw the tape is torn$/,
      ],
      [
        (epoch) => samples(4).map((one) => ({ ...one, label: epoch * 2 })),
        /^ownData: train\[0\] of epoch 1: expected its label to be a whole number below 2, or the name of a class \('dark', 'light'\), got 2$/,
      ],
      [
        (epoch) => (epoch === 0 ? samples(4) : [3]),
        /^ownData: train\[0\] of epoch 1: expected \{ picture, label \}, got 3$/,
      ],
      [
        (epoch) => (epoch === 0 ? samples(4) : (undefined as never)),
        /train\[0\] of epoch 1: its stream threw no pictures: expected an iterable/,
      ],
      [
        (epoch) =>
          samples(4).map((one) =>
            epoch === 0 ? one : { ...one, picture: { ...one.picture, data: new Uint8Array(3) } },
          ),
        /^ownData: train\[0\] of epoch 1: the raw pixels: data: expected 2×2×1 = 4 bytes, got 3$/,
      ],
    ];
    for (const [stream, message] of streams) {
      const given = { length: 4, stream: stream as (epoch: number) => Iterable<OwnSample> };
      const { train } = await ownData({ classes, train: given });
      await expect(shown(train, {}, 1)).rejects.toThrow(message);
    }
  });

  test('that never gives another picture does not keep its loader', async () => {
    async function* stuck(epoch: number): AsyncGenerator<OwnSample> {
      yield* samples(epoch === 0 ? 4 : 1);
      await new Promise(() => undefined);
    }
    const { train } = await ownData({ classes, train: { length: 4, stream: stuck } });
    if (train === undefined) throw new Error('no pictures');
    const loader = createLoader(train, base);
    const batches = loader.epoch(1)[Symbol.asyncIterator]();
    const waiting = expect(batches.next()).rejects.toThrow(/was disposed of/);
    await new Promise(setImmediate);
    await loader.dispose();
    await waiting;
  });

  test('cannot be shuffled, balanced, divided or split', async () => {
    const { train } = await ownData({ classes, train: { length: 4, stream: counting } });
    if (train === undefined) throw new Error('no pictures');
    expect(() => createLoader(train, { ...base, shuffle: true })).toThrow(
      /gives pictures in its own order: shuffle there/,
    );
    expect(() => createLoader(train, { ...base, balanced: true })).toThrow(/balance them there/);
    expect(() => createLoader(train, { ...base, repeats: 2 })).toThrow(/repeat them there/);
    expect(() => createLoader(train, { ...base, share: { rank: 0, size: 2 } })).toThrow(/among 2 ranks/);
    expect(() => train.label(0)).toThrow(/known when its stream comes to it/);
    expect(await shown(train, { repeats: 1 })).toHaveLength(2);
  });
});

describe('an augmentation of one’s own', () => {
  test('draws the same for the same seed, epoch and picture, wherever an epoch is begun', async () => {
    const { train } = await ownData({ classes, train: samples(8), valFraction: 0 });
    const augment = (picture: Picture, rng: Rng): Picture => ({
      ...picture,
      data: picture.data.map((value) => value + 10 * rng.int(10)),
    });
    const options = { seed: 5, augment };
    const whole = await shown(train, options, 3);
    expect(await shown(train, options, 3)).toEqual(whole);
    expect(await shown(train, options, 3, 2)).toEqual(whole.slice(2));
    expect(
      await shown(train, { ...options, augment: (...args) => Promise.resolve(augment(...args)) }, 3),
    ).toEqual(whole);
    const epochs = await shown(train, options, 4);
    expect(
      epochs
        .flat()
        .map((value) => value % 10)
        .sort(),
    ).toEqual(
      whole
        .flat()
        .map((value) => value % 10)
        .sort(),
    );
    expect(epochs).not.toEqual(whole);
  });

  test('may give another size; the named augmentation comes after it', async () => {
    const { train } = await ownData({ classes, train: samples(4), valFraction: 0 });
    const gradient = {
      width: 4,
      height: 2,
      channels: 1,
      data: Uint8Array.of(0, 0, 200, 200, 0, 0, 200, 200),
    } as const;
    const plain = await shown(train, { augment: () => gradient });
    expect(Math.max(...plain.flat())).toBeLessThan(50);
    const flipped = await shown(train, { augment: () => gradient, augmentation: { flip: 1 } });
    expect(Math.min(...flipped.flat())).toBeGreaterThan(150);
  });

  test('what it does wrong is one line that names picture and epoch', async () => {
    const { train } = await ownData({ classes, train: samples(2), valFraction: 0 });
    const fail = (): never => {
      throw new TypeError('x is not a function');
    };
    await expect(shown(train, { augment: fail, batchSize: 2 }, 2)).rejects.toThrow(
      /^augment: it threw for train\[[01]\] in epoch 2: x is not a function$/,
    );
    await expect(shown(train, { augment: () => undefined as never })).rejects.toThrow(
      /^augment: what it gave for train\[[01]\] in epoch 0: the raw pixels: expected raw pixels/,
    );
    await expect(shown(train, { augment: (picture) => picture, training: false })).rejects.toThrow(
      /^createLoader: augment is for training/,
    );
  });
});

describe('what is no data of one’s own', () => {
  const none: [string, unknown, RegExp][] = [
    ['nothing', undefined, /^ownData: expected \{ classes \}/],
    ['no pictures', { classes }, /^ownData: expected pictures in train, val or test, got none$/],
    ['an empty list', { classes, test: [] }, /^ownData: expected pictures in test, got none$/],
    [
      'classes twice',
      { classes: ['a', 'a'], test: samples(1) },
      /^ownData: expected classes to be an array of different texts/,
    ],
    ['a path', { classes, train: 'photos' }, /^ownData: expected train to be an iterable/],
    [
      'a number',
      { classes, test: [{ picture: grey(1), label: NaN }] },
      /^ownData: test\[0\]: expected its label .* got NaN$/,
    ],
    ['a class it has not', { classes, test: [{ picture: grey(1), label: 'cat' }] }, /got 'cat'$/],
    [
      'no number',
      {
        classes,
        test: [{ picture: { width: 1, height: 1, channels: 1, data: Float32Array.of(NaN) }, label: 0 }],
      },
      /^ownData: test\[0\]: expected finite numbers, got NaN as number 0$/,
    ],
    [
      'both',
      {
        classes,
        test: [
          ...samples(1),
          { picture: { width: 1, height: 1, channels: 1, data: new Float32Array(1) }, label: 0 },
        ],
      },
      /have all bytes or all numbers, got both$/,
    ],
    [
      'a shape',
      { classes, test: { shape: [1, 2], data: new Float32Array(2), labels: [0] } },
      /^ownData: test: expected a shape \[N, C, H, W\], got \[1, 2\]$/,
    ],
    [
      'a tensor too short',
      { classes, test: { shape: [2, 1, 2, 2], data: new Float32Array(4), labels: [0] } },
      /of 2×1×2×2 = 8 numbers, got 4$/,
    ],
    [
      'labels too few',
      { classes, test: { shape: [1, 1, 2, 2], data: new Float32Array(4), labels: [] } },
      /expected 1 labels, one for each picture, got 0$/,
    ],
    [
      'two channels',
      { classes, test: { shape: [1, 2, 1, 1], data: new Float32Array(2), labels: [0] } },
      /^ownData: test\[0\]: the raw pixels: channels: expected 1 \(grey\) or 3 \(RGB\), got 2/,
    ],
    [
      'a stream without a length',
      { classes, train: { stream: () => [] } },
      /^ownData: train: expected \{ length, stream \}/,
    ],
    [
      'a stream of more pictures than there can be',
      { classes, train: { length: 2 ** 40, stream: () => [] } },
      /^ownData: train: expected \{ length, stream \}, a whole number from 1 to 2147483647 and a function, got \{ length: 1099511627776,/,
    ],
    ['an unknown option', { classes, training: [] }, /^ownData: unknown option training/],
  ];
  test.each(none)('%s', async (_, given, message) => {
    await expect(ownData(given as OwnDataOptions)).rejects.toThrow(message);
  });
});
