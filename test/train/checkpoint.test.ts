import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { f32, type StateDict } from '../../src/base/tensor-data.ts';
import {
  buildCheckpoint,
  parseCheckpoint,
  requireSameClasses,
  requireSameModel,
  type Checkpoint,
} from '../../src/train/checkpoint.ts';
import { recipes } from '../../src/train/recipe.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';

const checkpoint: Checkpoint = {
  model: { name: 'resnet20_cifar', options: { numClasses: 2, shortcut: 'A' } },
  input: [3, 32, 32],
  classes: ['Katze "A"', 'Hund\n'],
  preprocessing: {
    channels: 3,
    size: [32, 32],
    resize: null,
    interpolation: 'bilinear',
    mean: [0.1, 0.2, 0.3],
    std: [1, 2, 3],
  },
  state: new Map([
    ['conv1.weight', f32([2, 1, 1, 1], Float32Array.of(1, 2))],
    ['bn1.num_batches_tracked', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }],
  ]),
  trained: { epochs: 1, steps: 7, validation: { loss: 0.5, top1: 0.75, top5: 1 } },
  training: {
    recipe: recipes.quick,
    seed: 2 ** 40 + 1,
    trainSamples: 100,
    microBatchSize: 32,
    frozen: ['conv1.weight'],
    progress: {
      epoch: 1,
      batch: 3,
      step: 7,
      // Sums in double precision come back to the last bit.
      sums: { loss: 0.1 + 0.2, batches: 3, seen: 192, correct: 100 },
      best: { epoch: 0, top1: 0.75 },
    },
    optimizer: new Map([['velocity.conv1.weight', f32([2, 1, 1, 1], Float32Array.of(3, 4))]]),
    ema: new Map([['conv1.weight', f32([2, 1, 1, 1], Float32Array.of(5, 6))]]),
  },
};

test('everything comes back', async () => {
  expect(await parseCheckpoint(await buildCheckpoint(checkpoint), 'last.safetensors')).toEqual({
    ...checkpoint,
    state: new Map([...checkpoint.state].reverse()),
  });
});

test('what earlier versions wrote of epochs is read, and of time left out; neither is written', async () => {
  const { tensors, metadata } = await readSafetensors(await buildCheckpoint(checkpoint));
  const record = {
    epoch: 0,
    step: 4,
    learningRate: 0.1,
    train: { loss: 1, top1: 0.5 },
    validation: { loss: 0.5, top1: 0.75, top5: 1 },
    best: true,
  };
  const old = JSON.stringify([{ ...record, epochs: 10, seconds: 1.5 }]);
  const text = (metadata.get('training') ?? '').replace(
    '"progress":{',
    `"progress":{"seconds":2.25,"history":${old},`,
  );
  const bytes = await writeSafetensors(tensors, { ...Object.fromEntries(metadata), training: text });
  const read = await parseCheckpoint(bytes, 'old');
  expect(read.training?.progress).toEqual({ ...checkpoint.training?.progress, history: [record] });
  expect(await buildCheckpoint(read)).toEqual(await buildCheckpoint(checkpoint));
});

test('a run in which nothing is frozen is written as before there was freezing, and read', async () => {
  const { training, ...rest } = checkpoint;
  const bytes = await buildCheckpoint({ ...rest, training: training && { ...training, frozen: undefined } });
  expect((await readSafetensors(bytes)).metadata.get('training')).not.toMatch(/frozen/);
  expect((await parseCheckpoint(bytes, 'last.safetensors')).training?.frozen).toBeUndefined();
});

test('to any other tool it is a file of weights under PyTorch’s names', async () => {
  const { tensors, metadata } = await readSafetensors(
    await buildCheckpoint({ ...checkpoint, training: undefined }),
  );
  expect([...tensors.keys()].sort()).toEqual([...checkpoint.state.keys()].sort());
  expect(metadata.get('format')).toBe('pt');
});

test('bare weights are no checkpoint', async () => {
  const bytes = await writeSafetensors(checkpoint.state, { format: 'pt' });
  await expect(parseCheckpoint(bytes, 'w')).rejects.toThrow(/^w holds weights but no Cardinal metadata/);
});

const bytes = await buildCheckpoint(checkpoint);

describe('damage is told in one line', () => {
  test('a file cut anywhere', async () => {
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(parseCheckpoint(bytes.subarray(0, length), 'last.safetensors')).rejects.toThrow(
        CardinalError,
      );
      await expect(parseCheckpoint(bytes.subarray(0, length), 'last.safetensors')).rejects.toThrow(
        /^last\.safetensors[^\n]*$/,
      );
    }
  });

  test.each([
    ['cardinal', '2', /is a checkpoint of format 2, this version of Cardinal reads format 1/],
    ['model', '{', /metadata 'model' is not JSON/],
    ['model', '{"name":3}', /metadata 'model': name: /],
    ['input', undefined, /metadata 'input': .*expected array/i],
    ['classes', '3', /metadata 'classes': .*expected array/i],
    ['training', '{}', /metadata 'training': recipe: /],
  ])('metadata %s as %s', async (key, text, message) => {
    const { tensors, ...file } = await readSafetensors(bytes);
    const metadata = new Map(file.metadata);
    if (text === undefined) metadata.delete(key);
    else metadata.set(key, text);
    const spoiled = await writeSafetensors(tensors, Object.fromEntries(metadata));
    await expect(parseCheckpoint(spoiled, 'last.safetensors')).rejects.toThrow(message);
    await expect(parseCheckpoint(spoiled, 'last.safetensors')).rejects.toThrow(CardinalError);
  });
});

describe('what does not belong together', () => {
  const { model, state } = checkpoint;

  test('another model', () => {
    const other = { name: 'resnext29_8x64d_cifar', options: {} };
    expect(() => {
      requireSameModel(checkpoint, other, state, 'best.safetensors');
    }).toThrow('best.safetensors is a checkpoint of resnet20_cifar, not of resnext29_8x64d_cifar');
  });

  test.each<[string, StateDict, RegExp]>([
    [
      'a missing tensor',
      new Map([...state, ['fc.weight', f32([1], Float32Array.of(1))]]),
      /'fc\.weight' is missing/,
    ],
    [
      'one too many',
      new Map([...state].slice(0, 1)),
      /'bn1\.num_batches_tracked' belongs to no part of the model/,
    ],
    [
      'another shape',
      new Map([...state, ['conv1.weight', f32([2, 3, 1, 1], new Float32Array(6))]]),
      /'conv1\.weight' is 2×1×1×1 F32, expected 2×3×1×1 F32/,
    ],
  ])('%s', (_, expected, message) => {
    expect(() => {
      requireSameModel(checkpoint, model, expected, 'best.safetensors');
    }).toThrow(message);
  });

  test('other classes', () => {
    expect(() => {
      requireSameClasses(checkpoint, ['a', 'b', 'c'], 'best.safetensors');
    }).toThrow(/trained on 2 classes, but the data has 3/);
    expect(() => {
      requireSameClasses(checkpoint, ['Katze "A"', 'Maus'], 'best.safetensors');
    }).toThrow(/class 1 is 'Hund/);
  });
});
