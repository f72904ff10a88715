import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { imagenetPolicy } from '../../src/data/auto-policy.ts';
import { augmentationNamed, augmentationWords } from '../../src/data/augmentations.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Picture } from '../../src/data/dataset.ts';
import { trainPipeline } from '../../src/data/pipeline.ts';
import { applyPolicy, drawOperations, timmValue, torchOperation } from '../../src/data/policies.ts';
import {
  augmentationSchema,
  defaultPreprocessing,
  imagenetStatistics,
} from '../../src/data/preprocessing.ts';
import { policySchema } from '../../src/data/strong-augmentation.ts';
import { eraseInto } from '../../src/data/transforms/erase.ts';
import { applyOperation, type Operation, type OperationName } from '../../src/data/transforms/operation.ts';
import { seed } from '../support/seed.ts';

type Size = [width: number, height: number, channels: 1 | 3];
interface Of {
  kind: 'noise' | 'shade';
  size: Size;
  digest: string;
}

/** Made by scripts/fixtures/augmentation.py; the shape is that script's. */
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/augmentation.json', import.meta.url), 'utf8'),
) as {
  operations: (Of & Operation)[];
  torchvision: (Of & {
    policy: 'rand' | 'auto' | 'trivial';
    name: OperationName;
    magnitude: number;
    negative: boolean;
  })[];
  translations: { width: number; pixels: number[] }[];
  timm: { name: OperationName; increasing: boolean; level: number; negative: boolean; value: number }[];
  auto: [OperationName, number, number | null][][];
};

/** The same as in scripts/fixtures/augmentation.py. */
function picture(kind: Of['kind'], [width, height, channels]: Size): Picture {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) =>
    kind === 'noise' ? Math.imul(i, 2654435761 | 0) >>> 24 : (Math.floor(i / 7) % 151) + 40,
  );
  return { width, height, channels, data };
}

const digestOf = ({ data }: Picture): string => createHash('sha256').update(data).digest('hex').slice(0, 12);

describe('as Pillow and torchvision do it, byte for byte', () => {
  test.each([...new Set(fixture.operations.map(({ name }) => name))])('%s', (name) => {
    const cases = fixture.operations.filter((each) => each.name === name);
    for (const { kind, size, digest, ...operation } of cases) {
      const fill = size[2] === 3 ? [124, 116, 104] : [120];
      const label = `${operation.value}, ${operation.interpolation}, ${kind} of ${String(size)}`;
      expect(digestOf(applyOperation(picture(kind, size), operation, fill)), label).toBe(digest);
    }
  });

  test.each(['rand', 'auto', 'trivial'] as const)('torchvision’s magnitudes, %s', (policy) => {
    const cases = fixture.torchvision.filter((each) => each.policy === policy);
    expect(cases.length).toBeGreaterThan(50);
    for (const { kind, size, digest, name, magnitude, negative } of cases) {
      const given = picture(kind, size);
      const done = applyOperation(given, torchOperation(policy, name, magnitude, negative, given), [0, 0, 0]);
      expect(digestOf(done), `${name} ${magnitude}, ${String(negative)}, ${kind}`).toBe(digest);
    }
  });

  test('torchvision’s translations of pictures of every width', () => {
    for (const { width, pixels } of fixture.translations) {
      const ours = pixels.map(
        (_, magnitude) => torchOperation('rand', 'TranslateX', magnitude, false, { width, height: 1 }).value,
      );
      expect(
        ours.map((value) => 0 - value),
        `${width} pixels`,
      ).toEqual(pixels);
    }
  });
});

test.each([...new Set(fixture.timm.map(({ name }) => name))])('timm’s levels of %s', (name) => {
  const cases = fixture.timm.filter((each) => each.name === name);
  for (const { increasing, level, negative, value } of cases) {
    const ours = timmValue(name, level, increasing, negative, { width: 1, height: 1 });
    expect(ours, `level ${level}, ${String(increasing)}, ${String(negative)}`).toBeCloseTo(value, 14);
  }
});

test('the policy for ImageNet is torchvision’s', () => {
  const theirs = fixture.auto.map((pair) =>
    pair.map(([name, probability, magnitude]) =>
      magnitude === null ? [name, probability] : [name, probability, magnitude],
    ),
  );
  expect(imagenetPolicy).toEqual(theirs);
});

describe('what is drawn', () => {
  const size = { width: 224, height: 224 };
  const drawn = (policy: object, pictures = 3000): Operation[][] =>
    Array.from({ length: pictures }, (_, index) =>
      drawOperations(policySchema.parse(policy), size, Rng.of(seed, 'augment', 0, index)),
    );
  const namesOf = (all: Operation[][]): Set<string> => new Set(all.flat().map(({ name }) => name));

  test('timm’s RandAugment: 15 operations, each done every other time, of magnitudes that vary', () => {
    const all = drawn({ kind: 'rand', magnitude: 7, std: 0.5, increasing: true });
    expect(namesOf(all)).toEqual(new Set(fixture.timm.map(({ name }) => name)));
    // Binomial(6000, ½): 1σ is 39.
    expect(Math.abs(all.flat().length - 3000)).toBeLessThan(6 * 39);
    const angles = all.flat().flatMap(({ name, value }) => (name === 'Rotate' ? [Math.abs(value)] : []));
    expect(new Set(angles).size).toBeGreaterThan(20);
    expect(angles.reduce((sum, angle) => sum + angle) / angles.length).toBeCloseTo(21, 0);
    expect(Math.max(...angles)).toBeLessThanOrEqual(30);
    expect(new Set(all.flat().map(({ interpolation }) => interpolation))).toEqual(
      new Set(['bilinear', 'bicubic']),
    );
    const still = drawn({ kind: 'rand', probability: 0 });
    expect(still.flat()).toEqual([]);
  });

  test('torchvision’s policies: two of 14, one of 14, and pairs of the table', () => {
    const rand = drawn({ kind: 'rand-torchvision' });
    expect(rand.every(({ length }) => length === 2)).toBe(true);
    expect(namesOf(rand).size).toBe(14);
    const trivial = drawn({ kind: 'trivial' });
    expect(trivial.every(({ length }) => length === 1)).toBe(true);
    expect(namesOf(trivial)).toEqual(namesOf(rand));
    const auto = drawn({ kind: 'auto' });
    const pairs = new Set(auto.map((each) => each.map(({ name }) => name).join()));
    const known = fixture.auto.flatMap(([[first], [second]]) => [first, second, `${first},${second}`]);
    for (const pair of pairs) expect(['', ...known]).toContain(pair);
    expect(namesOf(auto)).toEqual(new Set(fixture.auto.flat().map(([name]) => name)));
  });

  test('half of the turns go either way', () => {
    const turns = drawn({ kind: 'rand-torchvision', n: 4 }).flat();
    const angles = turns.flatMap(({ name, value }) => (name === 'Rotate' ? [Math.sign(value)] : []));
    const sum = angles.reduce((total, sign) => total + sign);
    expect(Math.abs(sum)).toBeLessThan(6 * Math.sqrt(angles.length));
  });

  test('timm’s leaves the mean where pixels are moved away, torchvision’s black', () => {
    const white: Picture = { width: 40, height: 40, channels: 3, data: new Uint8Array(4800).fill(255) };
    const levels = (policy: object): Set<number> => {
      const parsed = policySchema.parse(policy);
      const made = Array.from({ length: 60 }, (_, index) => {
        const rng = Rng.of(seed, index);
        const moves = drawOperations(parsed, white, Rng.of(seed, index));
        const moved = moves.every(({ name }) => name.startsWith('Translate') || name === 'Identity');
        return moved ? [...applyPolicy(white, parsed, imagenetStatistics.mean, rng).data] : [];
      });
      return new Set(made.flat());
    };
    const means = imagenetStatistics.mean.map((value) => Math.round(255 * value));
    for (const level of levels({ kind: 'rand', n: 1, probability: 1 }))
      expect([255, ...means]).toContain(level);
    for (const level of levels({ kind: 'trivial' })) expect([255, 0]).toContain(level);
  });
});

describe('random erasing', () => {
  const erase = { probability: 1, area: [0.02, 1 / 3], ratio: [0.3, 1 / 0.3], mode: 'pixel' } as const;
  const [height, width, channels] = [40, 50, 3];
  const erased = (index: number, options: object = {}): Float32Array => {
    const out = new Float32Array(2 * height * width * channels).fill(7);
    const rng = Rng.of(seed, 'erase', index);
    eraseInto(out, height * width * channels, [height, width], channels, { ...erase, ...options }, rng);
    return out;
  };
  const pixels = height * width;
  /** Pixels that were erased, by their place in the picture. */
  const placesOf = (out: Float32Array): number[] =>
    Array.from({ length: pixels }, (_, place) => place).filter((place) => out[(pixels + place) * 3] !== 7);

  test('a rectangle of 2 to 33 % within its picture, and nothing of the one before', () => {
    for (let index = 0; index < 100; index++) {
      const out = erased(index);
      expect(out.subarray(0, pixels * channels).every((value) => value === 7)).toBe(true);
      const places = placesOf(out);
      const [rows, columns] = [Math.floor, (at: number) => at].map(
        (part, which) => new Set(places.map((place) => (which === 0 ? part(place / width) : place % width))),
      );
      expect(places.length, `seed ${seed}, picture ${index}`).toBe(rows.size * columns.size);
      expect(places.length / pixels).toBeGreaterThan(0.015);
      expect(places.length / pixels).toBeLessThan(0.36);
    }
  });

  test('normal numbers for each, or the mean', () => {
    const values = Array.from({ length: 40 }, (_, index) => erased(index))
      .flatMap((out) => [...out.subarray(pixels * channels)])
      .filter((value) => value !== 7);
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(6 / Math.sqrt(values.length));
    expect(variance).toBeCloseTo(1, 1);
    const constant = erased(1, { mode: 'constant' });
    expect(new Set(constant)).toEqual(new Set([7, 0]));
  });

  test('as often as it is asked for', () => {
    const count = Array.from({ length: 400 }, (_, index) => erased(index, { probability: 0.25 })).filter(
      (out) => out.some((value) => value !== 7),
    ).length;
    expect(Math.abs(count - 100)).toBeLessThan(6 * Math.sqrt(75));
  });
});

describe('in an augmentation', () => {
  const preprocessing = defaultPreprocessing({
    channels: 3,
    pictureSize: [31, 31],
    mean: [...imagenetStatistics.mean],
    std: [...imagenetStatistics.std],
  });
  const prepared = (augmentation: object, index = 0): Float32Array => {
    const out = new Float32Array(31 * 31 * 3);
    const pipeline = trainPipeline(preprocessing, augmentationSchema.parse(augmentation));
    pipeline(picture('noise', [31, 31, 3]), Rng.of(seed, 'augment', 0, index), out, 0);
    return out;
  };

  test('what a picture becomes depends on seed, epoch and index alone', () => {
    const whole = {
      crop: { kind: 'random-resized' },
      flip: 0.5,
      interpolation: 'random',
      policy: { kind: 'rand' },
      erase: { probability: 0.5 },
    };
    const first = Array.from({ length: 8 }, (_, index) => prepared(whole, index));
    expect(Array.from({ length: 8 }, (_, index) => prepared(whole, index))).toEqual(first);
    expect(new Set(first.map((values) => values.join())).size).toBe(8);
  });

  test('without these parts nothing more is drawn: crops and flips stay what they were', () => {
    const old = { crop: { kind: 'pad', padding: 4 }, flip: 0.5 };
    const parts = { policy: { kind: 'rand', probability: 0 }, erase: { probability: 0 } };
    for (let index = 0; index < 8; index++)
      expect(prepared({ ...old, ...parts }, index)).toEqual(prepared(old, index));
  });

  test('names and words', () => {
    expect(augmentationNamed('rand', 224)).toEqual(
      augmentationSchema.parse({
        ...augmentationNamed('crop-flip', 224),
        policy: { kind: 'rand', n: 2, magnitude: 7, std: 0.5, increasing: true, probability: 0.5 },
      }),
    );
    expect(augmentationWords(augmentationNamed('auto', 224))).toBe(
      'augmented by crops of 35 to 100 %, flips, AutoAugment',
    );
    const erasing = augmentationSchema.parse({ policy: { kind: 'trivial' }, erase: { probability: 0.25 } });
    expect(augmentationWords(erasing)).toBe('augmented by TrivialAugment, erasing in 25 %');
    expect(augmentationWords(augmentationSchema.parse({}))).toBe('not augmented');
  });

  test.each([
    [{ policy: { kind: 'rand', magnitude: 11 } }],
    [{ policy: { kind: 'rand-torchvision', magnitude: 7.5 } }],
    [{ policy: { kind: 'auto', policy: 'mnist' } }],
    [{ erase: { probability: 0.5, area: [0.5, 0.1] } }],
    [{ erase: { probability: 2 } }],
    [{ interpolation: 'lanczos' }],
  ])('%j is refused', (augmentation) => {
    expect(augmentationSchema.safeParse(augmentation).success).toBe(false);
  });
});
