import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { fitPicture, imagenetStatistics, preprocess } from '../../../src/data/index.ts';
import type { Picture, Preprocessing } from '../../../src/data/index.ts';
import { createModel } from '../../../src/models/index.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { compile } from '../../../src/session/compile.ts';
import { exportOnnx } from '../../../src/weights/onnx/export.ts';
import { relativeDistance } from '../../support/compare.ts';
import { seed } from '../../support/seed.ts';
import { fill, pixels } from '../../support/onnx-networks.ts';
import { OnnxRuntime, type Result } from '../../support/onnxruntime.ts';

type Size = [width: number, height: number, channels: 1 | 3];

/** Made by Pillow and torchvision, scripts/fixtures/pillow.py. */
const pillow = JSON.parse(readFileSync(new URL('../../fixtures/pillow.json', import.meta.url), 'utf8')) as {
  resized: {
    from: Size;
    to: [number, number];
    interpolation: Preprocessing['interpolation'];
    data: string;
  }[];
  evaluated: (Omit<Preprocessing, 'channels'> & { from: Size; values: string })[];
};
/** Those that are resized as a graph can. */
const inGraph = ({ interpolation }: Pick<Preprocessing, 'interpolation'>): boolean =>
  ['bilinear', 'bicubic'].includes(interpolation);

/** The same noise as `picture` in scripts/fixtures/pillow.py. */
function fixturePicture([width, height, channels]: Size): Picture {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => Math.imul(i, 2654435761 | 0) >>> 24,
  );
  return { width, height, channels, data };
}

/** Pixels that jump between black, white and anything: bicubic overshoots there, and every weight shows. */
function harshPicture(width: number, height: number, channels: 1 | 3): Picture {
  const rng = Rng.of(seed, 'picture', width, height);
  const data = Uint8Array.from(
    { length: width * height * channels },
    () => [0, 255, rng.int(256)][rng.int(3)],
  );
  return { width, height, channels, data };
}

/** What is done to pictures, and nothing else: the numbers that a network would see, N×(C·H·W). */
async function openPixels(preprocessing: Preprocessing): Promise<OnnxRuntime> {
  const { channels, size } = preprocessing;
  return OnnxRuntime.open(
    await exportOnnx(pixels(), { input: [channels, ...size], name: 'pixels', preprocessing }),
  );
}

function run(runtime: OnnxRuntime, { width, height, channels, data }: Picture): Promise<Result> {
  return runtime.run(data, [1, height, width, channels]);
}

/** C×H×W numbers in [0, 1] → H×W×C bytes. */
function toBytes({ data }: Result, channels: number): number[] {
  const plane = data.length / channels;
  return Array.from(data, (_, i) =>
    Math.round(255 * data[(i % channels) * plane + Math.floor(i / channels)]),
  );
}

/** Numbers in [0, 1] as they are. */
function plain(channels: 1 | 3): Pick<Preprocessing, 'channels' | 'mean' | 'std'> {
  return { channels, mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) };
}

describe('as Pillow and torchvision do it', () => {
  test.each(pillow.resized.filter(inGraph))(
    'resize $from to $to, $interpolation',
    async ({ from, to, interpolation, data }) => {
      const runtime = await openPixels({
        ...plain(from[2]),
        size: [to[1], to[0]],
        resize: null,
        interpolation,
      });
      expect(toBytes(await run(runtime, fixturePicture(from)), from[2])).toEqual([
        ...Buffer.from(data, 'base64'),
      ]);
      await runtime.dispose();
    },
  );

  test.each(pillow.evaluated.filter(inGraph))(
    'the whole evaluation of $from, $interpolation',
    async ({ from, values, ...preprocessing }) => {
      const [, , channels] = from;
      const runtime = await openPixels({ channels, ...preprocessing });
      const { data } = await run(runtime, fixturePicture(from));
      const bytes = Uint8Array.from(Buffer.from(values, 'base64'));
      const expected = new Float32Array(bytes.buffer);
      const plane = preprocessing.size[0] * preprocessing.size[1];
      expect(data.length).toBe(expected.length);
      const lastFirst = data.map((_, i) => data[(i % channels) * plane + Math.floor(i / channels)]);
      expect(Math.max(...lastFirst.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-6);
      await runtime.dispose();
    },
  );
});

const sizes: readonly (readonly [width: number, height: number])[] = [
  [96, 96],
  [500, 375],
  [375, 500],
  [97, 128],
  [31, 40],
  [1, 1],
  [3, 200],
  [211, 2],
  [1501, 1000],
];

const preparations: readonly (readonly [what: string, size: [number, number], resize: number | null])[] = [
  ['the middle of the short side', [84, 84], 96],
  ['an oblong middle, odd surpluses', [61, 80], 96],
  ['pictures of exactly this size', [96, 96], 96],
  ['straight to the size', [40, 57], null],
  ['a crop larger than the picture', [70, 75], 52],
];

describe.each(preparations)('%s', (_, size, resize) => {
  test.each(['bilinear', 'bicubic'] as const)('%s, byte for byte', async (interpolation) => {
    for (const channels of [1, 3] as const) {
      const preprocessing = { ...plain(channels), size, resize, interpolation };
      const runtime = await openPixels(preprocessing);
      for (const [width, height] of sizes) {
        const picture = harshPicture(width, height, channels);
        const result = toBytes(await run(runtime, picture), channels);
        const expected = fitPicture(picture, preprocessing).data;
        // Compared as a whole: a diff of thousands of bytes helps nobody.
        const wrong = expected.reduce((count, byte, i) => count + Number(byte !== result[i]), 0);
        expect(wrong, `${width}×${height}×${channels}, of ${expected.length} bytes`).toBe(0);
      }
      await runtime.dispose();
    }
  });
});

describe('with a network behind', () => {
  const backends = createNodeBackend({ threads: 1 });

  afterAll(async () => (await backends).dispose());

  test.each([
    ['bilinear', false],
    ['bicubic', true],
  ] as const)('logits of several pictures, %s, folded: %s', async (interpolation, foldBatchNorm) => {
    const size: [number, number] = [64, 64];
    const { mean, std } = imagenetStatistics;
    const preprocessing: Preprocessing = {
      channels: 3,
      size,
      resize: 73,
      interpolation,
      mean: [...mean],
      std: [...std],
    };
    const options = { layers: [1, 1, 1, 1], planes: 8, cardinality: 4, baseWidth: 32, numClasses: 7 };
    const model = fill(createModel('resnext', options), seed);
    const runtime = await OnnxRuntime.open(
      await exportOnnx(model, { input: [3, ...size], name: 'resnext', foldBatchNorm, preprocessing }),
    );
    expect(runtime.inputs).toEqual(['image']);
    const compiled = await compile(model, { input: [1, 3, ...size], backend: await backends });
    for (const [width, height] of [
      [80, 100],
      [320, 240],
      [40, 41],
    ]) {
      const batch = [0, 1].map((index) => {
        const { data, ...picture } = harshPicture(width, height, 3);
        return { ...picture, data: index === 0 ? data : data.toReversed() };
      });
      const both = Uint8Array.from(batch.flatMap(({ data }) => [...data]));
      const { dims, data } = await runtime.run(both, [2, height, width, 3]);
      expect(dims).toEqual([2, 7]);
      for (const [index, picture] of batch.entries()) {
        const ours = await compiled.forward(preprocess(picture, preprocessing), 'channels_last');
        const distance = relativeDistance(data.slice(7 * index, 7 * (index + 1)), ours.data);
        expect(distance, `${width}×${height}`).toBeLessThan(1e-5);
      }
    }
    await compiled.dispose();
    await runtime.dispose();
  });
});
