import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  defaultPreprocessing,
  imagenetStatistics,
  preprocessingSchema,
} from '../../src/data/preprocessing.ts';
import { readPretrainedConfig } from '../../src/data/pretrained-config.ts';
import { createModel } from '../../src/models/registry.ts';
import { openFileSource } from '../../src/node/byte-source.ts';
import { readClassNames } from '../../src/node/class-names.ts';
import { prepareFor } from '../../src/node/prepare.ts';
import { loadTrained } from '../../src/node/trained.ts';
import { weightsFactsOf } from '../../src/use/weights-facts.ts';
import { loadWeights, saveWeights } from '../../src/node/weights.ts';
import { metadataOf } from '../../src/train/description.ts';
import { withWeightsFile } from '../../src/node/weights-file.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-weights-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('openFileSource', () => {
  test('reads any part, each into a buffer of its own', async () => {
    await writeFile(at('bytes'), Uint8Array.of(1, 2, 3, 4, 5));
    const source = await openFileSource(at('bytes'));
    const [first, second] = [await source.read(1, 3), await source.read(1, 3)];
    expect([...first]).toEqual([2, 3, 4]);
    expect(first.buffer.byteLength).toBe(3);
    first.fill(9);
    expect([...second]).toEqual([2, 3, 4]);
    await expect(source.read(3, 3)).rejects.toThrow(/expected 3 bytes from byte 3 on, the file has 5/);
    // Someone shortens the file while it is open.
    await truncate(at('bytes'), 2);
    await expect(source.read(0, 4)).rejects.toThrow(/truncated/);
    await source.close();
    await expect(source.read(0, 1)).rejects.toThrow(/^cannot read .*bytes: /);
  });

  test('a folder and a file that is not there are refused in one line', async () => {
    await expect(openFileSource(folder)).rejects.toThrow(/: it is a folder, not a file$/);
    await expect(openFileSource(at('none'))).rejects.toThrow(/: no such file or folder$/);
  });
});

describe('readClassNames', () => {
  test.each([
    ['lines', 'tench\r\ngreat white shark\n', ['tench', 'great white shark']],
    ['a list', '["a", "b"]', ['a', 'b']],
    ['an object by label', '{"1": "b", "0": "a"}', ['a', 'b']],
    ['Keras’s', '{"0": ["n01", "tench"], "1": ["n02", "shark"]}', ['tench', 'shark']],
  ])('reads %s', async (_, text, expected) => {
    await writeFile(at('names'), text);
    expect(await readClassNames(at('names'))).toEqual(expected);
  });

  test('a label without a name is an error', async () => {
    await writeFile(at('names'), '{"0": "a", "2": "c"}');
    await expect(readClassNames(at('names'))).rejects.toThrow(/label 1 has none/);
    await writeFile(at('names'), '{"0": 7}');
    await expect(readClassNames(at('names'))).rejects.toThrow(/names: /);
  });
});

describe('pictures of other channels', () => {
  const model = 'resnet20_cifar';
  const preprocessing = defaultPreprocessing({
    channels: 3,
    pictureSize: [32, 32],
    mean: [0.2, 0.4, 0.6],
    std: [0.1, 0.2, 0.3],
  });

  beforeAll(async () => {
    const network = createModel(model).initialize(1);
    await saveWeights(network, at('bare.safetensors'));
    const description = { model: { name: model, options: {} }, input: [3, 32, 32], preprocessing };
    await writeFile(
      at('own.safetensors'),
      await writeSafetensors(network.stateDict(), metadataOf(description)),
    );
  });

  test('a checkpoint becomes grey, its preprocessing too', async () => {
    const trained = await loadTrained(at('own.safetensors'), { inChannels: 1 });
    expect(trained).toMatchObject({
      channels: 1,
      adapted: true,
      description: { name: model, options: { inChannels: 1 } },
    });
    expect(trained.preprocessing?.channels).toBe(1);
    expect(trained.preprocessing?.mean[0]).toBeCloseTo(0.4, 12);
    expect(trained.preprocessing?.std[0]).toBeCloseTo(0.2, 12);
    expect(trained.model.stateSpecs().get('conv1.weight')?.shape).toEqual([16, 1, 3, 3]);
  });

  test('bare weights become of any number, and pictures are refused where they cannot have it', async () => {
    const grey = await loadTrained(at('bare.safetensors'), { model, inChannels: 1 });
    const { preprocessing: guessed, note } = await prepareFor(grey, {});
    expect(guessed.mean[0]).toBeCloseTo((0.485 + 0.456 + 0.406) / 3, 12);
    expect(note).toContain("ImageNet's mean and std");
    const five = await loadTrained(at('bare.safetensors'), { model, inChannels: 5 });
    expect([five.channels, five.preprocessing]).toEqual([5, undefined]);
    await expect(prepareFor(five, {})).rejects.toThrow(/1 or 3 channels, got a network of 5: cardinal run/);
    await expect(
      loadTrained(at('bare.safetensors'), { model, inChannels: 5, options: { inChannels: 3 } }),
    ).rejects.toThrow(/`inChannels: 5` and `options\.inChannels: 3` contradict each other/);
  });

  test('a part of a checkpoint begins another network', async () => {
    const other = { model: 'resnet32_cifar' };
    await expect(loadTrained(at('own.safetensors'), other)).rejects.toThrow(
      /is a checkpoint of resnet20_cifar/,
    );
    const { description, loaded } = await loadTrained(at('own.safetensors'), { ...other, partial: true });
    expect(description.name).toBe('resnet32_cifar');
    expect(loaded.missing.length).toBeGreaterThan(10);
    expect([loaded.unexpected, loaded.misshaped]).toEqual([[], []]);
    const network = createModel('resnet32_cifar').initialize(4);
    expect(await loadWeights(network, at('own.safetensors'), { partial: true })).toEqual(loaded);
  });

  test('a network of one’s own is loaded with its own number', async () => {
    const network = createModel(model, { inChannels: 4 });
    const { loaded } = await loadWeights(network, at('bare.safetensors'), { inChannels: 4 });
    expect(loaded).toEqual([...network.stateSpecs().keys()]);
    const trained = await loadTrained(at('bare.safetensors'), {
      model: createModel(model, { inChannels: 1 }),
      inChannels: 1,
    });
    expect([trained.channels, trained.adapted]).toEqual([1, true]);
  });
});

describe('prepareFor', () => {
  const colour = { channels: 3, description: { name: 'resnet50', options: {} } } as const;
  const said = defaultPreprocessing({ channels: 3, imageSize: 224, mean: [0.1, 0.2, 0.3], std: [1, 1, 1] });

  test('what the file says is taken, and another size cuts out the same share', async () => {
    expect(await prepareFor({ ...colour, preprocessing: said }, {})).toEqual({
      preprocessing: said,
      note: undefined,
    });
    const { preprocessing } = await prepareFor({ ...colour, preprocessing: said }, { imageSize: 112 });
    expect(preprocessing).toEqual({ ...said, size: [112, 112], resize: (said.resize ?? 0) / 2 });
  });

  // ⌊size / crop_pct⌋ as Python computes it, whatever says so: the weights, their repository, or nobody.
  test.each<readonly [share: number, side: number, others: readonly (readonly [number, number])[]]>([
    [
      0.875,
      224,
      [
        [128, 146],
        [256, 292],
        [299, 341],
        [320, 365],
        [384, 438],
      ],
    ],
    [
      0.875,
      299,
      [
        [224, 256],
        [256, 292],
        [384, 438],
      ],
    ],
    [
      0.9,
      224,
      [
        [299, 332],
        [384, 426],
      ],
    ],
    [
      0.95,
      224,
      [
        [256, 269],
        [288, 303],
        [384, 404],
      ],
    ],
    [
      0.965,
      224,
      [
        [299, 309],
        [448, 464],
      ],
    ],
    [
      0.8975,
      299,
      [
        [224, 249],
        [384, 427],
      ],
    ],
    [
      0.954,
      331,
      [
        [224, 234],
        [480, 503],
      ],
    ],
    [
      1,
      224,
      [
        [299, 299],
        [384, 384],
      ],
    ],
  ])('a share of %f at %i keeps being that share', async (crop_pct, side, others) => {
    const config = { architecture: 'net', num_classes: 2, input_size: [3, side, side], crop_pct };
    const { preprocessing: read } = readPretrainedConfig(config, 'config.json');
    const stored = preprocessingSchema.parse(JSON.parse(JSON.stringify(read)));
    const base = { channels: 3, mean: [0, 0, 0], std: [1, 1, 1] } as const;
    for (const [imageSize, resize] of others) {
      const asked = await prepareFor({ ...colour, preprocessing: stored }, { imageSize });
      expect(asked.preprocessing).toMatchObject({ size: [imageSize, imageSize], resize });
      expect(defaultPreprocessing({ ...base, imageSize, cropShare: crop_pct }).resize).toBe(resize);
      // And from there to any other.
      const [[second, expected]] = others;
      const again = await prepareFor(
        { ...colour, preprocessing: asked.preprocessing },
        { imageSize: second },
      );
      expect(again.preprocessing.resize).toBe(expected);
    }
  });

  test.each([
    // torchvision's second weights: 232 for 224, which no share says.
    [[224, 224], 232, 448, 464],
    [[224, 224], 235, 448, 470],
    [[32, 32], 32, 40, 40],
    [[4, 4], 4, 8, 8],
    [[24, 32], null, 40, null],
  ] as const)(
    'sides of %j from %j: without a share, their quotient',
    async (size, resize, imageSize, expected) => {
      const preprocessing = { ...said, size: [...size] as [number, number], resize };
      const asked = await prepareFor({ ...colour, preprocessing }, { imageSize });
      expect(asked.preprocessing).toMatchObject({ size: [imageSize, imageSize], resize: expected });
    },
  );

  test('the published share is looked for first', async () => {
    const description = { name: 'xception', options: {} };
    const bare = { channels: 3, preprocessing: undefined, description } as const;
    const { preprocessing } = await prepareFor(bare, {});
    for (const imageSize of [224, 256, 384]) {
      const own = await prepareFor({ ...bare, preprocessing }, { imageSize });
      expect(own.preprocessing).toEqual((await prepareFor(bare, { imageSize })).preprocessing);
    }
  });

  test('bare weights of colour pictures are taken for ImageNet’s, and that is told', async () => {
    const { preprocessing, note } = await prepareFor({ ...colour, preprocessing: undefined }, {});
    expect(preprocessing).toMatchObject({ size: [224, 224], ...imagenetStatistics });
    expect(note).toMatch(/do not say how their pictures were normalised/);
    const given = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
    const told = await prepareFor({ ...colour, preprocessing: undefined }, given);
    expect(told).toMatchObject({ preprocessing: given, note: undefined });
  });

  // As timm's configurations have them: input_size, crop_pct, interpolation, mean and std.
  test.each([
    ['inception_v4', 299, 0.875, 341],
    ['inception_resnet_v2', 299, 0.8975, 333],
    ['xception', 299, 0.8975, 333],
    ['mobilenetv1_100', 224, 0.875, 256],
  ])('bare weights of %s get the pictures of the published ones', async (name, size, share, resize) => {
    const known = { channels: 3, preprocessing: undefined, description: { name, options: {} } } as const;
    const { preprocessing, note } = await prepareFor(known, {});
    const half = [0.5, 0.5, 0.5];
    const published = { interpolation: 'bicubic', mean: half, std: half };
    expect(preprocessing).toEqual({ channels: 3, size: [size, size], resize, ...published });
    expect(note).toMatch(/the mean and std of the published ones are used/);
    const smaller = await prepareFor(known, { imageSize: 128 });
    expect(smaller.preprocessing.size).toEqual([128, 128]);
    expect(smaller.preprocessing.resize).toBe(Math.floor(128 / share));
  });

  test('grey pictures have no usual statistics', async () => {
    const grey = { ...colour, channels: 1, preprocessing: undefined } as const;
    await expect(prepareFor(grey, {})).rejects.toThrow(/grey pictures .* give `preprocessing`/);
  });
});

test('origin and licence of bare weights go on to the next file', async () => {
  const state = createModel('resnet20_cifar').stateDict();
  const metadata = { format: 'pt', origin: 'https://example.org/w', licence: 'CC0-1.0' };
  await writeFile(at('bare.safetensors'), await writeSafetensors(state, metadata));
  const says = await withWeightsFile(at('bare.safetensors'), (file) => Promise.resolve(weightsFactsOf(file)));
  expect(says).toMatchObject({ origin: 'https://example.org/w', licence: 'CC0-1.0', classes: undefined });
  await writeFile(at('silent.safetensors'), await writeSafetensors(state));
  const silent = await withWeightsFile(at('silent.safetensors'), (file) =>
    Promise.resolve(weightsFactsOf(file)),
  );
  expect(silent).toMatchObject({ origin: 'silent.safetensors', licence: undefined });
});

describe('a folder as the hub has it', () => {
  const timm = {
    ...{ architecture: 'resnet20_cifar', num_classes: 10 },
    pretrained_cfg: {
      ...{ tag: 'test', input_size: [3, 28, 28], crop_pct: 0.875, interpolation: 'bicubic', num_classes: 10 },
      ...{ mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6], license: 'apache-2.0' },
    },
  };

  test('gives its weights, and what lies beside them says how pictures are prepared', async () => {
    await mkdir(at('published'));
    await saveWeights(createModel('resnet20_cifar').initialize(1), at('published/pytorch_model.bin'));
    await writeFile(at('published/config.json'), JSON.stringify(timm));
    await withWeightsFile(at('published'), (file) => {
      expect(file.path).toBe(at('published/pytorch_model.bin'));
      expect(weightsFactsOf(file)).toMatchObject({
        preprocessing: {
          ...{ channels: 3, size: [28, 28], resize: 32, interpolation: 'bicubic' },
          ...{ mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
        },
        origin: 'published/pytorch_model.bin',
        licence: 'apache-2.0',
      });
      return Promise.resolve();
    });
    expect((await loadTrained(at('published'))).description.name).toBe('resnet20_cifar');
  });

  test('without weights is refused with what to do', async () => {
    await mkdir(at('empty'));
    await expect(withWeightsFile(at('empty'), () => Promise.resolve())).rejects.toThrow(
      /empty is a folder without model\.safetensors or pytorch_model\.bin: name the file of weights/,
    );
  });
});
