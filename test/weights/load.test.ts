import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { adaptPreprocessing } from '../../src/data/in-channels.ts';
import { imagenetPreprocessing } from '../../src/data/preprocessing.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel, type GivenOptions } from '../../src/models/index.ts';
import * as nn from '../../src/nn/index.ts';
import type { TensorArchive, TensorEntry } from '../../src/weights/archive.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { fittingModels } from '../../src/weights/fit.ts';
import { adaptInputWeights } from '../../src/weights/input-channels.ts';
import { headOf } from '../../src/nn/head.ts';
import { unmatchedLine, loadTensors, requireFit } from '../../src/weights/load.ts';
import { openArchive } from '../../src/weights/open.ts';
import { entriesOf, entryOf, safetensorsParts } from '../../src/weights/safetensors.ts';
import { unwrap } from '../../src/weights/unwrap.ts';
import { Tensors } from '../parity/tensors.ts';

const name = 'resnext_cifar';
const small = { layers: [1, 1], cardinality: 2, baseWidth: 16, planes: 8 };

function tensorsOf(options: GivenOptions, seed: number): Map<string, TensorEntry> {
  const state = createModel(name, options).initialize(seed).stateDict();
  return entriesOf(state);
}

function renamed(tensors: ReadonlyMap<string, TensorEntry>, prefix: string): Map<string, TensorEntry> {
  return new Map([...tensors].map(([key, entry]) => [prefix + key, entry]));
}

/** An archive of these tensors, through a file in memory. */
async function archive(tensors: ReadonlyMap<string, TensorEntry>): Promise<TensorArchive> {
  const parts: Uint8Array[] = [];
  for await (const part of safetensorsParts(tensors)) parts.push(part);
  return openArchive(bytesSource(new Uint8Array(Buffer.concat(parts)), 'w.safetensors'));
}

/** The error's line. */
function lineOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(CardinalError);
    return (error as CardinalError).message;
  }
  throw new Error('expected an error');
}

test.each([
  ['an empty file', '', /it is empty$/],
  ['noise', '\x12\x34\x56\x78\x9a\xbc\xde\xf0', /its first bytes are those of neither$/],
  ['a small text', 'version', /its first bytes are those of neither$/],
])('%s is neither format', async (_, text, message) => {
  const source = bytesSource(Uint8Array.from(Buffer.from(text, 'latin1')), 'w.pth');
  await expect(openArchive(source)).rejects.toThrow(message);
  await expect(openArchive(source)).rejects.toThrow(
    /^w\.pth is not a file of weights: expected a safetensors/,
  );
});

test('counters that became halves with everything else are whole numbers again', async () => {
  const tensors = tensorsOf(small, 1);
  const half = (bits: number): TensorEntry =>
    entryOf({ dtype: 'F16', shape: [], data: new Uint8Array(new Uint16Array([bits]).buffer) });
  // 1024 and infinity, what becomes of more than 65,504 batches.
  tensors.set('bn1.num_batches_tracked', half(0x6400)).set('layer1.0.bn1.num_batches_tracked', half(0x7c00));
  const model = createModel(name, small);
  await loadTensors(model, tensors, { source: 'half.pth' });
  expect(model.stateDict().get('bn1.num_batches_tracked')).toMatchObject({
    dtype: 'I64',
    data: BigInt64Array.of(1024n),
  });
  expect(model.stateDict().get('layer1.0.bn1.num_batches_tracked')).toMatchObject({
    data: BigInt64Array.of(0n),
  });
  expect(fittingModels(tensors).map((fit) => fit.model)).toContain(name);
});

test('only names that are alike are hints, and a type is said where it differs', () => {
  const model = createModel(name, small);
  const foreign = new Map([...tensorsOf(small, 1)].map(([, entry], k) => [`features.denseblock${k}`, entry]));
  expect(lineOf(() => requireFit(model, foreign, { source: 'w' }))).not.toContain('?)');
  const integers = tensorsOf(small, 1);
  integers.set('fc.bias', entryOf({ dtype: 'I64', shape: [10], data: new Uint8Array(80) }));
  expect(lineOf(() => requireFit(model, integers, { source: 'w' }))).toContain(
    'fc.bias: expected F32 10, got I64 10',
  );
});

describe('unwrap', () => {
  const tensors = tensorsOf(small, 1);
  const keys = [...tensors.keys()].sort();
  const optimizer = renamed(new Map([...tensors].slice(0, 2)), 'optimizer.state.0.');

  test.each([
    ['nothing around them', renamed(tensors, ''), '', {}],
    ['DataParallel', renamed(tensors, 'module.'), 'module', {}],
    ['a compiled DataParallel', renamed(tensors, 'module._orig_mod.'), 'module._orig_mod', {}],
    [
      'a training checkpoint',
      new Map([...renamed(tensors, 'state_dict.module.'), ...optimizer]),
      'state_dict.module',
      { optimizer: 2 },
    ],
    [
      'an average beside the weights',
      new Map([...renamed(tensorsOf(small, 2), 'model.'), ...renamed(tensors, 'model_ema.module.')]),
      'model_ema.module',
      { model: tensors.size },
    ],
    [
      'Lightning',
      new Map([...renamed(tensors, 'state_dict.model.'), ...optimizer]),
      'state_dict.model',
      { optimizer: 2 },
    ],
    [
      'counters of a profiler',
      new Map([...tensors, ['layer1.0.total_ops', [...tensors.values()][0]]]),
      '',
      {},
    ],
  ])('%s', async (_, around, path, others) => {
    const found = unwrap(await archive(around));
    expect([...found.tensors.keys()].sort()).toEqual(keys);
    expect(found.path).toBe(path);
    expect(Object.fromEntries(found.others)).toEqual(others);
    const conv = found.tensors.get('conv1.weight');
    expect((await conv?.read())?.data).toEqual((await tensors.get('conv1.weight')?.read())?.data);
  });

  test('a file without tensors is refused', async () => {
    const empty = await archive(new Map());
    expect(lineOf(() => unwrap(empty))).toBe('w.safetensors holds no tensors');
  });
});

describe('loading', () => {
  test('numbers arrive, and become the network’s own', async () => {
    const model = createModel(name, small);
    const tensors = tensorsOf(small, 3);
    await loadTensors(model, tensors, { source: 'w' });
    for (const [key, { data }] of model.stateDict()) {
      const raw = await tensors.get(key)?.read();
      expect(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), key).toEqual(raw?.data);
    }
  });

  test('the head stays fresh if it is reset, whatever the file has for it', async () => {
    const model = createModel(name, { ...small, numClasses: 3 });
    const before = model.stateDict().get('fc.weight')?.data.slice();
    await loadTensors(model, tensorsOf(small, 3), { source: 'w', head: 'reset' });
    expect(model.stateDict().get('fc.weight')?.data).toEqual(before);
    const conv = createModel(name, small).initialize(3).stateDict().get('conv1.weight');
    expect(model.stateDict().get('conv1.weight')?.data).toEqual(conv?.data);

    const headless = tensorsOf(small, 4);
    for (const key of headOf(model)) headless.delete(key);
    await loadTensors(model, headless, { source: 'w', head: 'reset' });
    expect(lineOf(() => requireFit(model, headless, { source: 'w' }))).toMatch(
      /missing fc\.weight, fc\.bias;/,
    );
  });

  test('other classes are told as such', () => {
    const model = createModel(name, { ...small, numClasses: 3 });
    expect(lineOf(() => requireFit(model, tensorsOf(small, 1), { source: 'w.pth' }))).toBe(
      "w.pth: resnext_cifar: the weights have other classes (fc.weight: expected 3×64, got 10×64, fc.bias: expected 3, got 10): to train, `head: 'reset'` begins with a fresh classifier",
    );
  });

  test('what is missing comes with the nearest name that is left over', () => {
    const tensors = tensorsOf(small, 1);
    const conv = tensors.get('layer1.0.conv2.weight');
    tensors.delete('layer1.0.conv2.weight');
    if (conv !== undefined) tensors.set('layer1.0.conv_2.weight', conv);
    const line = lineOf(() => requireFit(createModel(name, small), tensors, { source: 'w.pth' }));
    expect(line).toContain('missing layer1.0.conv2.weight (layer1.0.conv_2.weight?)');
    expect(line).toContain('unexpected layer1.0.conv_2.weight');
    expect(line).not.toContain('\n');
  });

  test('a weight of another shape or of integers is refused before anything is changed', async () => {
    const tensors = tensorsOf(small, 1);
    const model = createModel(name, small);
    const before = model.stateDict().get('conv1.weight')?.data.slice();
    tensors.set('bn1.weight', entryOf({ dtype: 'I64', shape: [8], data: new Uint8Array(64) }));
    await expect(loadTensors(model, tensors, { source: 'w' })).rejects.toThrow(
      /of another shape: bn1\.weight: expected F32 8, got I64 8;/,
    );
    expect(model.stateDict().get('conv1.weight')?.data).toEqual(before);
  });

  test('half precision is widened, and its count of batches may be missing', async () => {
    const tensors = tensorsOf(small, 1);
    tensors.delete('bn1.num_batches_tracked');
    // 1, −2, 0.5 … in binary16.
    const bits = Uint16Array.from({ length: 8 }, (_, i) => [0x3c00, 0xc000, 0x3800, 0x0001][i % 4]);
    tensors.set('bn1.weight', entryOf({ dtype: 'F16', shape: [8], data: new Uint8Array(bits.buffer) }));
    const model = createModel(name, small);
    await loadTensors(model, tensors, { source: 'w' });
    expect(model.stateDict().get('bn1.weight')?.data).toEqual(
      Float32Array.of(1, -2, 0.5, 2 ** -24, 1, -2, 0.5, 2 ** -24),
    );
  });

  test('a network shares no memory with tensors that another one has', async () => {
    const [one, other] = [createModel(name, small).initialize(1), createModel(name, small)];
    const state = one.stateDict();
    const entries = entriesOf(state);
    await loadTensors(other, entries, { source: 'w' });
    expect(other.stateDict()).toEqual(state);
    state.get('conv1.weight')?.data.fill(0 as never);
    expect(
      other
        .stateDict()
        .get('conv1.weight')
        ?.data.some((value) => value !== 0),
    ).toBe(true);
  });

  test('counts of batches in floats, as averages of state dicts have them, count as missing', async () => {
    const tensors = tensorsOf(small, 1);
    const count = entryOf({ dtype: 'F32', shape: [], data: new Uint8Array(4) });
    for (const key of tensors.keys()) if (key.endsWith('num_batches_tracked')) tensors.set(key, count);
    const model = createModel(name, small);
    await loadTensors(model, tensors, { source: 'w' });
    expect(model.stateDict().get('bn1.num_batches_tracked')?.data).toEqual(BigInt64Array.of(0n));
    const conv = createModel(name, small).initialize(1).stateDict().get('conv1.weight');
    expect(model.stateDict().get('conv1.weight')).toEqual(conv);
  });
});

describe('what fits of a file', () => {
  /** A file that lacks a tensor, has one too many and one of another shape. */
  function torn(): Map<string, TensorEntry> {
    const tensors = tensorsOf({ ...small, numClasses: 7 }, 3);
    tensors.delete('bn1.weight');
    tensors.delete('bn1.num_batches_tracked');
    const conv = tensors.get('conv1.weight');
    if (conv !== undefined) tensors.set('head.extra', conv);
    return tensors;
  }

  test('is loaded, and the rest is listed and stays as it was', async () => {
    const model = createModel(name, small).initialize(8);
    const before = new Map([...model.stateDict()].map(([key, { data }]) => [key, data.slice()]));
    const found = await loadTensors(model, torn(), { source: 'w', partial: true });
    expect(found).toMatchObject({
      nameMap: 'torchvision',
      missing: ['bn1.weight'],
      unexpected: ['head.extra'],
      misshaped: ['fc.weight: expected 10×64, got 7×64', 'fc.bias: expected 10, got 7'],
    });
    const given = createModel(name, { ...small, numClasses: 7 })
      .initialize(3)
      .stateDict();
    for (const [key, { data }] of model.stateDict()) {
      const stays = !found.loaded.includes(key);
      expect(data, key).toEqual(stays ? before.get(key) : given.get(key)?.data);
      expect(stays, key).toBe(
        ['bn1.weight', 'bn1.num_batches_tracked', 'fc.weight', 'fc.bias'].includes(key),
      );
    }
    expect(unmatchedLine(found)).toBe(
      `loaded ${found.loaded.length} of ${found.loaded.length + 3} tensors, the others stay as they were; not in the file: bn1.weight; of another shape: fc.weight: expected 10×64, got 7×64, fc.bias: expected 10, got 7; not in the network: head.extra`,
    );
  });

  test('is refused as a whole unless it is asked for, and so is a file of which nothing fits', async () => {
    const model = createModel(name, small).initialize(8);
    await expect(loadTensors(model, torn(), { source: 'w' })).rejects.toThrow(
      /does not fit: missing bn1\.weight/,
    );
    const other = new Map([
      ['features.0.weight', entryOf({ dtype: 'F32', shape: [1], data: new Uint8Array(4) })],
    ]);
    await expect(loadTensors(model, other, { source: 'w', partial: true })).rejects.toThrow(/does not fit/);
  });

  test('is everything: then nothing is left over', async () => {
    const found = await loadTensors(createModel(name, small), tensorsOf(small, 3), {
      source: 'w',
      partial: true,
    });
    expect(found.loaded).toEqual([...tensorsOf(small, 3).keys()]);
    expect(unmatchedLine(found)).toBeUndefined();
  });

  test.each([
    [{ source: 'w', parital: true }, /unknown option parital.*partial/],
    [{ source: 'w', partial: 'yes' }, /partial.*true or false/],
    [{ source: 'w', inChannels: 0 }, /inChannels.*whole number of at least 1/],
    [{ source: 'w', head: 'fresh' }, /head.*'keep' or 'reset'/],
    [{}, /source/],
  ])('options %j of a plain caller are refused', (options, message) => {
    const given = options as unknown as { source: string };
    expect(lineOf(() => requireFit(createModel(name, small), tensorsOf(small, 1), given))).toMatch(message);
  });

  test('a tensor that is there and cannot be read is named', () => {
    const tensors = tensorsOf(small, 1);
    tensors.delete('fc.weight');
    const unreadable = new Map([
      ['fc.weight', { type: 'F8_E4M3', shape: [10, 64] }],
      ['fc.weight_scale', { type: 'C64', shape: undefined }],
    ]);
    expect(lineOf(() => requireFit(createModel(name, small), tensors, { source: 'w', unreadable }))).toMatch(
      /missing fc\.weight; .* fc\.weight is there as F8_E4M3 10×64, which cannot be read: save the network in floating point/,
    );
    // What is not needed is nobody's fault.
    tensors.set('fc.weight', entryOf({ dtype: 'F32', shape: [10, 64], data: new Uint8Array(2560) }));
    const { unreadable: left } = requireFit(createModel(name, small), tensors, { source: 'w', unreadable });
    expect(left).toEqual(['fc.weight (F8_E4M3 10×64)', 'fc.weight_scale (C64)']);
  });
});

describe('pictures of other channels', () => {
  const fixture = new Tensors('in-channels.safetensors');
  const weight = { dtype: 'F32', shape: [5, 3, 3, 2], data: fixture.get('3') } as const;

  // PyTorch's numbers by timm's rule: scripts/fixtures/in_channels.py.
  test.each([1, 2, 4, 5, 6, 7, 12])('the first convolution for %i', (channels) => {
    const { shape, data } = adaptInputWeights(weight, channels);
    expect(shape).toEqual([5, channels, 3, 2]);
    const expected = fixture.get(String(channels));
    expect(data.length).toBe(expected.length);
    for (const [index, value] of expected.entries()) expect(data[index]).toBeCloseTo(value, 6);
  });

  test('one channel becomes many, in the same sum', () => {
    const grey = adaptInputWeights(weight, 1);
    const { data } = adaptInputWeights(adaptInputWeights(grey, 3), 1);
    for (const [index, value] of grey.data.entries()) expect(data[index]).toBeCloseTo(value, 5);
  });

  test.each([1, 2, 4])('a network of %i is loaded, whatever the names and the type', async (inChannels) => {
    const theirs = new Map(
      [...tensorsOf(small, 3)].map(([key, entry]) => [
        key.replace(/^fc/, 'linear').replace('downsample', 'shortcut'),
        entry,
      ]),
    );
    const model = createModel(name, { ...small, inChannels }).initialize(1);
    const source = 'w';
    await expect(loadTensors(model, theirs, { source })).rejects.toThrow(
      new RegExp(`other input channels \\(conv1\\.weight: .*\`inChannels: ${inChannels}\` `),
    );
    await loadTensors(model, theirs, { source, inChannels });
    const original = createModel(name, small).initialize(3).stateDict();
    const given = original.get('conv1.weight');
    if (given?.dtype !== 'F32') throw new Error('conv1.weight is missing');
    for (const [key, { data }] of model.stateDict()) {
      const expected = key === 'conv1.weight' ? adaptInputWeights(given, inChannels) : original.get(key);
      expect(data, key).toEqual(expected?.data);
    }
  });

  test('other numbers than the network takes are refused, and so is what is no picture’s convolution', () => {
    const model = createModel(name, { ...small, inChannels: 1 });
    const tensors = tensorsOf(small, 3);
    expect(lineOf(() => requireFit(model, tensors, { source: 'w', inChannels: 4 }))).toBe(
      'inChannels: expected 1, which resnext_cifar takes, got 4',
    );
    expect(lineOf(() => requireFit(new nn.Linear(2, 2), tensors, { source: 'w', inChannels: 1 }))).toMatch(
      /Linear does not begin with a dense convolution/,
    );
    // Another kernel is no matter of channels.
    tensors.set('conv1.weight', entryOf({ dtype: 'F32', shape: [8, 3, 1, 1], data: new Uint8Array(96) }));
    for (const inChannels of [1, undefined]) {
      expect(lineOf(() => requireFit(model, tensors, { source: 'w', inChannels }))).toBe(
        'w: resnext_cifar: the state dict does not fit: of another shape: conv1.weight: expected 8×1×3×3, got 8×3×1×1; were these weights saved from the same network?',
      );
    }
  });

  test('other channels and other classes: both are told, and both can be had', async () => {
    const model = createModel(name, { ...small, inChannels: 1, numClasses: 3 }).initialize(1);
    const tensors = tensorsOf(small, 3);
    expect(lineOf(() => requireFit(model, tensors, { source: 'w' }))).toMatch(
      /^w: resnext_cifar: the weights have other input channels and other classes \(conv1\.weight: .*, fc\.bias: .*\): `inChannels: 1` adapts them; to train, `head: 'reset'` /,
    );
    expect(lineOf(() => requireFit(model, tensors, { source: 'w', inChannels: 1 }))).toMatch(
      /the weights have other classes \(fc\.weight/,
    );
    // The head that is reset is neither loaded nor left.
    const head = ['fc.weight', 'fc.bias'];
    for (const partial of [false, true]) {
      const found = await loadTensors(model, tensors, { source: 'w', inChannels: 1, head: 'reset', partial });
      expect(found).toMatchObject({ missing: [], misshaped: [], unexpected: [] });
      expect(found.loaded).toContain('conv1.weight');
      expect(found.loaded.filter((key) => head.includes(key))).toEqual([]);
    }
  });

  test('mean and standard deviation go with them', () => {
    const grey = adaptPreprocessing(imagenetPreprocessing, 1);
    expect(grey.channels).toBe(1);
    expect(grey.mean[0]).toBeCloseTo((0.485 + 0.456 + 0.406) / 3, 12);
    expect(grey.std[0]).toBeCloseTo((0.229 + 0.224 + 0.225) / 3, 12);
    expect(adaptPreprocessing(imagenetPreprocessing, 3)).toBe(imagenetPreprocessing);
    expect(adaptPreprocessing(grey, 3).mean).toEqual([grey.mean[0], grey.mean[0], grey.mean[0]]);
  });
});

describe('the head', () => {
  /** Weighs channels, as SE-Net does, and tells classes apart with a convolution. */
  class Gated extends nn.Module {
    readonly down = new nn.Linear(4, 2);
    readonly up = new nn.Linear(2, 4);
    readonly classes = new nn.Conv2d(4, 3, 1);
    forward(x: Value): Value {
      return this.classes(x);
    }
  }

  test('is the last layer, if that is a Linear', () => {
    expect(headOf(createModel('resnet18'))).toEqual(['fc.weight', 'fc.bias']);
    expect(headOf(new nn.Linear(2, 3))).toEqual(['weight', 'bias']);
  });

  test('is no Linear in the middle of a network, and then cannot be reset', () => {
    const model = new Gated();
    expect(headOf(model)).toEqual([]);
    const tensors = entriesOf(model.stateDict());
    expect(lineOf(() => requireFit(model, tensors, { source: 'w', head: 'reset' }))).toMatch(
      /^Gated: expected a Linear as its last layer/,
    );
    requireFit(model, tensors, { source: 'w' });
  });
});
