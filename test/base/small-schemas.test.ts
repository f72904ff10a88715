import {
  array,
  constantFrom,
  dictionary,
  double,
  integer,
  oneof,
  property,
  string,
  assert,
} from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import * as zod from 'zod/mini';
import { validate } from '../../src/base/validate.ts';
import { seed } from '../support/seed.ts';

/** The schemas of pages' scripts stand for zod's: whatever they are given, they give the same value or the same words. */
const from = async () => ({
  ...(await import('../../src/train/recipe.ts')),
  ...(await import('../../src/train/conditions.ts')),
  ...(await import('../../src/train/progress.ts')),
  ...(await import('../../src/data/preprocessing.ts')),
  ...(await import('../../src/data/picture-record.ts')),
  ...(await import('../../src/data/pretrained-config.ts')),
  ...(await import('../../src/data/picture.ts')),
  ...(await import('../../src/run/training/config.ts')),
  ...(await import('../../src/use/class-names.ts')),
  ...(await import('../../src/base/validate.ts')),
});
let byZod: Awaited<ReturnType<typeof from>>;
let small: typeof byZod;

beforeAll(async () => {
  byZod = await from();
  vi.resetModules();
  vi.doMock('zod/mini', () => import('../../src/base/small-schemas.ts'));
  vi.doMock('zod/locales', () => import('../../src/base/small-schemas.ts'));
  small = await from();
  expect(small.recipeSchema).not.toBeInstanceOf(zod.ZodMiniType);
});

const json = oneof(
  { depthSize: 'small', withCrossShrink: true },
  constantFrom<unknown>(
    null,
    true,
    undefined,
    0,
    -1,
    0.5,
    1,
    3,
    NaN,
    Infinity,
    2 ** 60,
    -(2 ** 60),
    '',
    'a',
    '7',
  ),
  double(),
  integer(),
  string(),
  array(constantFrom<unknown>(0, 1, 0.5, 'a', null), { maxLength: 3 }),
  dictionary(constantFrom('kind', 'a', '7', '__proto__', 'epochs'), constantFrom<unknown>('sgd', 1, null), {
    maxKeys: 3,
  }),
  constantFrom<unknown>(new Date(0), new Map(), new Uint8Array(2), () => 1, Object.create(null)),
);

/** Something in a value changed, left out or added. */
const change = (depth: number) => ({
  path: array(integer({ min: 0, max: 20 }), { maxLength: depth }),
  to: json,
});

function changed(value: unknown, path: readonly number[], to: unknown): unknown {
  if (typeof value !== 'object' || value === null || path.length === 0) return to;
  const [at, ...rest] = path;
  const keys = Object.keys(value);
  const key = keys.at(at % (keys.length + 2)) ?? (at % 2 === 0 ? 'more' : '7');
  const copy = (Array.isArray(value) ? value.slice() : { ...value }) as Record<string, unknown>;
  if (rest.length === 0 && at % 3 === 0) Reflect.deleteProperty(copy, key);
  else copy[key] = changed(copy[key], rest, to);
  return copy;
}

function cameTo(work: () => unknown): unknown {
  try {
    // With the order of keys, and with those that are undefined.
    return JSON.stringify(work(), (_, each: unknown) => (each === undefined ? 'undefined' : each));
  } catch (error) {
    return String(error);
  }
}

const preprocessing = {
  ...{ channels: 3, size: [224, 224], resize: 256, interpolation: 'bilinear' },
  ...{ mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] },
};
const epoch = {
  ...{ epoch: 0, step: 3, seconds: 1, learningRate: 0.1, train: { loss: 1, top1: 0.5 } },
  ...{ validation: { loss: 1, top1: 0.5, top5: 1 }, best: true },
};
const sgd = { kind: 'sgd', learningRate: 0.1 };
const adamw = { kind: 'adamw', learningRate: 0.1, betas: [0.9, 0.99] };
const recipe = {
  ...{
    name: 'mine',
    epochs: 3,
    batchSize: 8,
    optimizer: sgd,
    schedule: { kind: 'cosine', warmUp: { epochs: 1 } },
  },
  ...{ ema: { decay: 0.9 }, mix: { mixup: 0.2 }, balance: 'loss', clipNorm: 1 },
  augmentation: { crop: { kind: 'random-resized', scale: [0.5, 1] }, jitter: {}, flip: 0.5 },
};
const config = {
  ...{ cardinal: '1.0.0', startedAt: '2026-02-28T23:59:59.999Z', data: '/pets', recipe, preprocessing },
  ...{
    model: { name: 'resnext', options: { blocks: [1, 2], deep: { er: null } } },
    seed: 1,
    valFraction: 0.1,
  },
  ...{ strict: true, freeze: ['stem'], engine: { backend: 'wasm', threads: 2 }, decodeSeconds: 5 },
  weights: { file: 'a', head: 'keep', inChannels: 1 },
};
const conditions = {
  ...{ step: 0, cardinal: '1', backend: 'wasm', multiplyAdd: 'fused' },
  library: { name: 'blas', version: '1', processor: 'x', threads: 2 },
  pictures: { train: 'a', contents: true },
};

type Both = typeof byZod;
test.each<[string, unknown, (schemas: Both, value: unknown) => unknown]>([
  ['a recipe', recipe, (s, value) => s.validate(s.recipeSchema, value, 'it')],
  ['one of AdamW', { ...recipe, optimizer: adamw }, (s, value) => s.validate(s.recipeSchema, value, 'it')],
  [
    'steps of rates',
    { ...recipe, schedule: { kind: 'multi-step', milestones: [1, 2] } },
    (s, value) => s.validate(s.recipeSchema, value, 'it'),
  ],
  ['the settings of a run', config, (s, value) => s.validate(s.runConfigSchema({}), value, 'it')],
  ['preprocessing', preprocessing, (s, value) => s.validate(s.preprocessingSchema, value, 'it')],
  ['an epoch', epoch, (s, value) => s.validate(s.epochRecordSchema, value, 'it')],
  ['a line of an epoch', { ...epoch, epochs: 3 }, (s, value) => s.validate(s.epochLineSchema, value, 'it')],
  ['conditions', conditions, (s, value) => s.validate(s.conditionsSchema, value, 'it')],
  [
    'a record of pictures',
    {
      count: 3,
      fingerprint: 'a',
      heldOut: { seed: 1, fraction: 0.5 },
      sample: ['0123456789ab:0123456789ab'],
    },
    (s, value) => s.validate(s.pictureRecordSchema, value, 'it'),
  ],
  [
    'timm’s config',
    { architecture: 'resnet', num_classes: 2, mean: [0.5], crop_size: [2, 2], label_names: { 0: 'a' } },
    (s, value) => s.readPretrainedConfig(value, 'it'),
  ],
  ['raw pixels', { width: 1, height: 2, channels: 1 }, (s, value) => s.requirePicture(value)],
  [
    'names of classes',
    { 0: ['a', 'b'], 1: 'c' },
    (s, value) => s.parseClassNames(JSON.stringify(value), 'it'),
  ],
  ['JSON', { a: [1, { b: null }] }, (s, value) => s.validate(s.jsonObject, value, 'it')],
])('%s', (_, valid, read) => {
  expect(cameTo(() => read(small, valid))).toBe(cameTo(() => read(byZod, valid)));
  const { path, to } = change(5);
  assert(
    property(path, to, path, to, (first, one, second, other) => {
      const value = changed(changed(valid, first, one), second, other);
      expect(cameTo(() => read(small, value))).toBe(cameTo(() => read(byZod, value)));
    }),
    { numRuns: 300, seed },
  );
});

describe('each kind of schema', () => {
  const schemas = (z: typeof zod): Readonly<Record<string, zod.ZodMiniType>> => ({
    string: z.string().check(z.minLength(1), z.maxLength(3), z.regex(/^a/)),
    int: z.int({ error: 'expected a whole number' }).check(z.minimum(1), z.maximum(3)),
    integer: z.int(),
    number: z.number().check(z.gt(0), z.lt(1)),
    boolean: z.boolean(),
    literal: z.literal('a'),
    enum: z.enum(['a', '']),
    date: z.iso.datetime(),
    list: z.array(z.number()).check(z.minLength(1), z.maxLength(1)),
    tuple: z.tuple([z.number(), z.string()]),
    union: z.union([z.int().check(z.positive()), z.array(z.number()).check(z.minLength(2))]),
    record: z.record(z.string().check(z.regex(/^\d$/)), z.number()),
    loose: z.looseObject({ a: z.nullish(z.number()), kind: z._default(z.nullable(z.string()), 'b') }),
    optionalDefault: z.object({ a: z.optional(z._default(z.number(), 1)), kind: z.custom((x) => x === 1) }),
    frozen: z.readonly(z.array(z.int())),
    refined: z.array(z.int()).check(z.refine((list) => list.length === 2)),
    json: z.json(),
  });
  test.each(Object.keys(schemas(zod)))('%s', async (name) => {
    const own: unknown = await import('../../src/base/small-schemas.ts');
    const [mine, theirs] = [schemas(own as typeof zod)[name], schemas(zod)[name]];
    const dates = constantFrom(
      '2024-02-29T00:00:00Z',
      '2025-02-29T00:00:00Z',
      '2025-01-01T24:00:00Z',
      '2025-12-31T10:60:00.5Z',
    );
    assert(
      property(oneof(json, dates), (value) => {
        expect(cameTo(() => validate(mine, value, 'it'))).toBe(cameTo(() => validate(theirs, value, 'it')));
      }),
      { numRuns: 500, seed },
    );
  });
});
