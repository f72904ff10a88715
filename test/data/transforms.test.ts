import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { Rng } from '../../src/base/rng.ts';
import type { Picture } from '../../src/data/dataset.ts';
import { preprocess, trainPipeline } from '../../src/data/pipeline.ts';
import {
  augmentationSchema,
  defaultPreprocessing,
  preprocessingSchema,
} from '../../src/data/preprocessing.ts';
import { centerCrop } from '../../src/data/transforms/center-crop.ts';
import { cmykToRgb } from '../../src/data/transforms/cmyk.ts';
import { interpolations, type Interpolation } from '../../src/data/transforms/filters.ts';
import { flipHorizontally } from '../../src/data/transforms/flip.ts';
import { withChannels } from '../../src/data/transforms/grey.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustSaturation,
  jitterColors,
} from '../../src/data/transforms/jitter.ts';
import { lightingShift } from '../../src/data/transforms/lighting.ts';
import { randomPadCrop } from '../../src/data/transforms/pad-crop.ts';
import { randomResizedRegion } from '../../src/data/transforms/random-resized-crop.ts';
import { roundHalfEven } from '../../src/data/transforms/region.ts';
import { resize, sizeOfShortSide } from '../../src/data/transforms/resize.ts';

type Size = [width: number, height: number, channels: 1 | 3];

/** Made by scripts/fixtures/pillow.py; the shape is that script's. */
const pillow = JSON.parse(readFileSync(new URL('../fixtures/pillow.json', import.meta.url), 'utf8')) as {
  resized: { from: Size; to: [number, number]; interpolation: Interpolation; data: string }[];
  enhanced: { adjustment: 'brightness' | 'contrast' | 'saturation'; factor: number; data: string }[];
  cropped: { from: Size; to: [number, number]; data: string }[];
  grey: { from: Size; data: string };
  evaluated: {
    from: Size;
    resize: number | null;
    size: [number, number];
    interpolation: Interpolation;
    mean: number[];
    std: number[];
    values: string;
  }[];
};

/** The same noise as `picture` in scripts/fixtures/pillow.py. */
function noise([width, height, channels]: Size): Picture {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => Math.imul(i, 2654435761 | 0) >>> 24,
  );
  return { width, height, channels, data };
}

const bytesOf = (base64: string): number[] => [...Buffer.from(base64, 'base64')];

describe('as Pillow and torchvision do it, byte for byte', () => {
  test.each(pillow.resized)('resize $from to $to, $interpolation', ({ from, to, interpolation, data }) => {
    const result = resize(noise(from), ...to, interpolation);
    expect([result.width, result.height, result.channels]).toEqual([...to, from[2]]);
    expect([...result.data]).toEqual(bytesOf(data));
  });

  test.each(pillow.enhanced)('$adjustment times $factor', ({ adjustment, factor, data }) => {
    const adjust = { brightness: adjustBrightness, contrast: adjustContrast, saturation: adjustSaturation };
    expect([...adjust[adjustment](noise([11, 6, 3]), factor).data]).toEqual(bytesOf(data));
  });

  test.each(pillow.cropped)('the middle of $from, $to', ({ from, to, data }) => {
    expect([...centerCrop(noise(from), ...to).data]).toEqual(bytesOf(data));
  });

  test('RGB to grey', () => {
    expect([...withChannels(noise(pillow.grey.from), 1).data]).toEqual(bytesOf(pillow.grey.data));
  });

  test.each(pillow.evaluated)(
    'the whole evaluation of $from, $interpolation, to the last bit',
    ({ from, values, ...preprocessing }) => {
      const input = preprocess(noise(from), { channels: from[2], ...preprocessing });
      expect(bytesOf(values)).toEqual([...new Uint8Array(input.buffer)]);
    },
  );

  test('the fixture covers every filter', () => {
    expect(new Set(pillow.resized.map(({ interpolation }) => interpolation))).toEqual(
      new Set(interpolations),
    );
  });
});

test('preprocessing may ask for every filter, and for no other', () => {
  const preprocessing = defaultPreprocessing({ channels: 1, mean: [0], std: [1] });
  for (const interpolation of interpolations) {
    expect(preprocessingSchema.parse({ ...preprocessing, interpolation })).toMatchObject({ interpolation });
  }
  expect(preprocessingSchema.safeParse({ ...preprocessing, interpolation: 'cubic' }).success).toBe(false);
});

test('CMYK is converted without an ink profile, at the ends of the scale and between', () => {
  const cmyk = Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 10, 100, 200, 50);
  // Pillow 9.4: Image.frombytes('CMYK', (4, 1), …).convert('RGB')
  expect([...cmykToRgb(cmyk)]).toEqual([255, 255, 255, 0, 255, 255, 0, 0, 0, 197, 125, 44]);
});

test('resizing a region is resizing the crop', () => {
  const whole = noise([30, 24, 3]);
  const region = { left: 5, top: 3, width: 17, height: 12 };
  const cut = new Uint8Array(17 * 12 * 3);
  for (let y = 0; y < 12; y++) {
    cut.set(whole.data.subarray(((y + 3) * 30 + 5) * 3, ((y + 3) * 30 + 22) * 3), y * 17 * 3);
  }
  const crop: Picture = { width: 17, height: 12, channels: 3, data: cut };
  expect(resize(whole, 8, 8, 'bilinear', region)).toEqual(resize(crop, 8, 8, 'bilinear'));
});

test('the short side decides the size, and a thin strip is refused instead of filling the memory', () => {
  expect(sizeOfShortSide(640, 480, 256)).toEqual([341, 256]);
  expect(sizeOfShortSide(480, 641, 256)).toEqual([256, 341]);
  const preprocessing = defaultPreprocessing({ channels: 1, mean: [0], std: [1] });
  expect(preprocessing).toMatchObject({ size: [224, 224], resize: 256 });
  expect(() => preprocess(noise([20_000, 1, 1]), { ...preprocessing, resize: 4096 })).toThrow(/too thin/);
});

test('the side that is resized to is rounded down, as in timm', () => {
  const statistics = { channels: 3, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const resized = (imageSize: number, cropShare?: number) =>
    defaultPreprocessing({ ...statistics, imageSize, cropShare }).resize;
  // floor(size / crop_pct) of timm/data/transforms_factory.py.
  expect([resized(299), resized(224), resized(299, 0.8975), resized(320, 1)]).toEqual([341, 256, 333, 320]);
});

test('pictures of one size are taken as they are', () => {
  const options = { channels: 3, pictureSize: [32, 32], mean: [0, 0, 0], std: [1, 1, 1] } as const;
  expect(defaultPreprocessing(options)).toMatchObject({ size: [32, 32], resize: 32 });
  expect(defaultPreprocessing({ ...options, imageSize: 64 })).toMatchObject({ size: [64, 64], resize: 64 });
  const input = preprocess(noise([32, 32, 3]), defaultPreprocessing(options));
  expect([...input]).toEqual([...noise([32, 32, 3]).data].map((byte) => Math.fround(byte / 255)));
});

test('grey pictures for a network of three channels are repeated', () => {
  const statistics = { mean: [0, 0, 0.5], std: [1, 0.5, 1] };
  const input = preprocess(
    noise([3, 3, 1]),
    defaultPreprocessing({ channels: 3, pictureSize: [3, 3], ...statistics }),
  );
  const grey = noise([3, 3, 1]).data[4] / 255;
  [grey, grey * 2, grey - 0.5].forEach((value, c) => {
    expect(input[4 * 3 + c]).toBeCloseTo(value, 6);
  });
});

test("halves are rounded as Python's round does", () => {
  expect([0.5, 1.5, 2.5, -1.5, 1.49, 2.51].map(roundHalfEven)).toEqual([0, 2, 2, -2, 1, 3]);
});

test('mirror images: columns swap, twice is the identity', () => {
  const picture = noise([5, 4, 3]);
  const flipped = flipHorizontally(picture);
  expect([...flipped.data.subarray(0, 3)]).toEqual([...picture.data.subarray(12, 15)]);
  expect(flipHorizontally(flipped)).toEqual(picture);
});

test('pad and crop shifts by at most the padding and reaches every shift', () => {
  const picture: Picture = { width: 8, height: 8, channels: 1, data: new Uint8Array(64) };
  picture.data[3 * 8 + 4] = 255;
  const seen = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    const at = randomPadCrop(picture, 2, Rng.of(1, i)).data.indexOf(255);
    seen.add(`${(at % 8) - 4},${Math.floor(at / 8) - 3}`);
  }
  const shifts = [-2, -1, 0, 1, 2];
  expect(seen).toEqual(new Set(shifts.flatMap((x) => shifts.map((y) => `${x},${y}`))));
});

test('random resized crops lie inside, with area and ratio as asked', () => {
  const areas: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const r = randomResizedRegion(200, 150, [0.08, 1], [3 / 4, 4 / 3], Rng.of(7, i));
    expect(Math.min(r.left, r.top, 200 - r.left - r.width, 150 - r.top - r.height)).toBeGreaterThanOrEqual(0);
    expect(r.width / r.height).toBeGreaterThan(0.73);
    expect(r.width / r.height).toBeLessThan(1.37);
    areas.push((r.width * r.height) / (200 * 150));
  }
  expect(Math.min(...areas)).toBeGreaterThan(0.075);
  expect(Math.min(...areas)).toBeLessThan(0.1);
  // torchvision's get_params, 20,000 draws of the same picture: mean 0.436, deviation 0.217 (0.005 for the mean of 2,000).
  const mean = areas.reduce((a, b) => a + b) / areas.length;
  expect(mean).toBeGreaterThan(0.42);
  expect(mean).toBeLessThan(0.45);
});

test('a strip that no draw fits falls back to its middle', () => {
  const region = randomResizedRegion(1000, 10, [0.9, 1], [3 / 4, 4 / 3], Rng.of(3));
  expect(region).toEqual({ left: 493, top: 0, width: 13, height: 10 });
  expect(randomResizedRegion(10, 1000, [0.9, 1], [3 / 4, 4 / 3], Rng.of(3))).toEqual({
    left: 0,
    top: 493,
    width: 10,
    height: 13,
  });
});

test('jitter draws its factors from 1 ± range', () => {
  const grey: Picture = { width: 1, height: 1, channels: 1, data: Uint8Array.of(100) };
  const values = Array.from(
    { length: 1000 },
    (_, i) => jitterColors(grey, { brightness: 0.4, contrast: 0, saturation: 0 }, Rng.of(11, i)).data[0],
  );
  expect(Math.min(...values)).toBeGreaterThanOrEqual(59);
  expect(Math.min(...values)).toBeLessThan(63);
  expect(Math.max(...values)).toBeLessThan(140);
  expect(Math.max(...values)).toBeGreaterThan(136);
  const all = { brightness: 0, contrast: 0, saturation: 0 };
  expect(jitterColors(noise([4, 4, 3]), all, Rng.of(1))).toEqual(noise([4, 4, 3]));
});

test('lighting has the covariance of its principal components', () => {
  const draws = Array.from({ length: 20_000 }, (_, i) => lightingShift(0.1, Rng.of(5, i)));
  const variance = (c: 0 | 1 | 2): number =>
    draws.reduce((sum, shift) => sum + shift[c] ** 2, 0) / draws.length;
  // Σⱼ (vᵢⱼ·λⱼ·0.1)², by hand for red: (0.5675·0.02175)² + (0.7192·0.00188)² + (0.4009·0.00045)² = 1.542e-4.
  expect(variance(0) / 1.542e-4).toBeCloseTo(1, 1);
  expect(draws.reduce((sum, shift) => sum + shift[0] * shift[1], 0)).toBeGreaterThan(0);
});

test('one picture, one seed: the same variation; another seed: another', () => {
  const preprocessing = defaultPreprocessing({
    channels: 3,
    imageSize: 16,
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
  });
  const augmentation = augmentationSchema.parse({
    crop: { kind: 'random-resized' },
    flip: 0.5,
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4 },
    lighting: 0.1,
  });
  const pipeline = trainPipeline(preprocessing, augmentation);
  const augmented = (seed: number): Float32Array => {
    const out = new Float32Array(16 * 16 * 3);
    pipeline(noise([40, 30, 3]), Rng.of(seed), out, 0);
    return out;
  };
  expect(augmented(1)).toEqual(augmented(1));
  expect(augmented(1)).not.toEqual(augmented(2));
});
