import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardinal } from './cardinal.ts';
import { writePictures } from './pictures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-errors-'));
  await writePictures(join(folder, 'pictures'), { train: 4 }, ['red', 'blue']);
  await writePictures(join(folder, 'one-class'), { train: 2 }, ['red']);
  await mkdir(join(folder, 'empty'));
  await mkdir(join(folder, 'cifar'));
  await writeFile(join(folder, 'cifar/data_batch_1.bin'), new Uint8Array(3073 * 2 - 100));
  await writeFile(join(folder, 'cifar/test_batch.bin'), new Uint8Array(3073));
  await mkdir(join(folder, 'label'));
  const record = new Uint8Array(3073);
  record[0] = 12;
  await writeFile(join(folder, 'label/data_batch_1.bin'), record);
  await writeFile(join(folder, 'label/test_batch.bin'), new Uint8Array(3073));
  await mkdir(join(folder, 'idx'));
  // A header that promises three pictures of 2×2, and one picture.
  const images = [0, 0, 8, 3, ...[0, 0, 0, 3], ...[0, 0, 0, 2], ...[0, 0, 0, 2], 1, 2, 3, 4];
  await writeFile(join(folder, 'idx/train-images-idx3-ubyte'), Uint8Array.from(images));
  await writeFile(
    join(folder, 'idx/train-labels-idx1-ubyte'),
    Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 0]),
  );
  await writeFile(join(folder, 'cut.safetensors'), Uint8Array.from([100, 0, 0, 0, 0, 0, 0, 0, 0x7b]));
  await writeFile(join(folder, 'a-file'), 'text');
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command that must fail, and gives the one line it fails with. */
async function failure(code: number, ...args: readonly string[]): Promise<string> {
  const result = await cardinal(args, { cwd: folder });
  expect(result.stderr).toMatch(/^cardinal: [^\n]+\n$/);
  expect(result.code).toBe(code);
  expect(result.stdout).toBe('');
  return result.stderr.slice('cardinal: '.length, -1);
}

const model = ['--model', 'resnext_cifar', '--set', 'layers=1,1,1', 'planes=8'];

describe.concurrent('usage errors end with 2 and one line', () => {
  it.each([
    [['frobnicate'], /unknown command 'frobnicate'; see cardinal --help/],
    [['sumary', 'resnet18'], /unknown command 'sumary' \(Did you mean summary\?\)/],
    [['summary'], /missing required argument 'model'; see cardinal summary --help/],
    [['summary', 'resnet18', '--dept', '2'], /unknown option '--dept' \(Did you mean --depth\?\)/],
    [['summary', 'resnext50_32x4'], /unknown model.*resnext50_32x4d/],
    [
      ['summary', 'resnet18', '--input', '1,3,224'],
      /--input: expected N,C,H,W, for example .*, got '1,3,224'/,
    ],
    [['summary', 'resnet18', '--depth', '-1'], /--depth: expected an integer from 0 to 100, got '-1'/],
    [['summary', 'resnext', '--set', 'cardinality=lots'], /cardinality.*whole number.*'lots'/],
    [['summary', 'resnext', '--set', 'cardinalty=8'], /unknown option cardinalty.*cardinality/],
    [['summary', 'resnext50_32x4d.review', '--set', 'cardinality=7'], /7/],
    [['models', 'vgg'], /no model matches 'vgg'/],
    [['tradeoff', '--width', '30'], /--width: expected a multiple of 4, got 30/],
    [
      ['tradeoff', '--budget', '0x'],
      /--budget: expected an amount above 0 such as 70k, 0.22G or 2x, got '0x'/,
    ],
    [['tradeoff', '--depth', '27'], /--depth: expected 3n\+2 layers from 14 on .*, got 27/],
    [['tradeoff', '--depth', '50', '--width', '64'], /--width is of one block/],
    [['tradeoff', '--budget', '1e9T'], /--budget: expected an amount/],
    [['tradeoff', '--cardinality', '1,x'], /--cardinality: expected whole numbers from 1 to 65536/],
    [['plan', 'resnet18', '--backend', 'gpu'], /--backend: expected wasm or reference, got 'gpu'/],
    [['plan', 'resnet18', '--threads', '0'], /--threads: expected an integer from 1 to \d+, got '0'/],
    [
      ['plan', 'resnet18', '--batch', '4', '--input', '2,3,64,64'],
      /--batch 4 and --input 2,3,64,64 contradict/,
    ],
    [['summary', 'resnext', '--set', 'layers=1,1,1,1000000'], /layers.*at most 1000 each.*1000000/],
    [['summary', 'resnext', '--set', 'cardinality=1e15'], /cardinality.*from 1 to 1048576.*1000000000000000/],
    [['help', 'sumary'], /unknown command 'sumary'/],
    [['train', '', ...model], /data: expected a path, got ''/],
    [['train', 'pictures', ...model, '--out', ''], /--out: expected a path, got ''/],
    [['train', 'pictures'], /--model is missing/],
    [['train'], /data is missing/],
    [['train', ...model, 'pictures'], /--set: expected key=value, got 'pictures'/],
    [['train', 'pictures', ...model, '--epochs', '0'], /--epochs: expected an integer/],
    [['train', 'pictures', ...model, '--batch-size', '1e9'], /--batch-size: expected an integer/],
    [['train', 'pictures', ...model, '--lr', '0'], /--lr: expected a number above 0, got '0'/],
    [
      ['train', 'pictures', ...model, '--seed', '1.5'],
      /--seed: expected an integer of at least 0, got '1.5'/,
    ],
    [['train', 'pictures', ...model, '--recipe', 'quik'], /unknown recipe 'quik'.*quick/],
    [['train', 'pictures', ...model, 'inChannels=2'], /1 or 3 channels, got inChannels=2/],
    [['train', 'pictures', ...model, '--mean', '0.5'], /--mean: expected 3 numbers, one a channel, got 1/],
    [['train', 'pictures', ...model, '--std', '0,1,1'], /--std: expected positive numbers/],
    [['train', '--resume', 'runs/x', '--image-size', '32'], /--resume: the run has its own.*--image-size/],
    [['train', 'pictures', '--take-over'], /--take-over is for --resume/],
    [['train', 'pictures', '--resume', 'runs/x'], /--resume: the run has its own.*pictures/],
    [['run', 'resnet18', '--weights', 'w'], /required option '--input/],
  ])('%j', async (args, expected) => {
    expect(await failure(2, ...args)).toMatch(expected);
  });
});

describe.concurrent('other errors end with 1 and one line', () => {
  it.each([
    [['plan', 'inception_v4', '--input', '1,3,16,16'], /too small.*3×\d+×\d+/],
    [['train', 'nowhere', ...model], /nowhere/],
    [['train', 'empty', ...model], /empty/],
    [['train', 'one-class', ...model], /at least two class folders/],
    [['train', 'cifar', ...model], /data_batch_1\.bin/],
    [['train', 'label', ...model], /data_batch_1\.bin.*label.*12|12.*label/],
    [['train', 'idx', ...model], /train-images-idx3-ubyte/],
    [['train', 'pictures', ...model, '--batch-size', '64'], /batch/],
    [['train', 'pictures', ...model, '--batch-size', '2', '--out', 'a-file/run'], /a-file\/run.*file/],
    [['train', '--resume', 'nowhere'], /nowhere/],
    [['train', '--resume', 'empty'], /empty/],
    [['eval', 'nothing.safetensors', 'pictures'], /nothing\.safetensors: no such file/],
    [['eval', 'cut.safetensors', 'pictures'], /^cut\.safetensors/],
    [['predict', 'cut.safetensors', 'x.png'], /^cut\.safetensors/],
    [
      ['run', 'resnet18', '--weights', 'cut.safetensors', '--input', 'x', '--output', 'y'],
      /^cut\.safetensors/,
    ],
  ])('%j', async (args, expected) => {
    expect(await failure(1, ...args, ...(args[0] === 'train' ? ['--backend', 'reference'] : []))).toMatch(
      expected,
    );
  });

  it('a stack is shown only with --verbose', async () => {
    const { stderr, code } = await cardinal(['eval', 'nothing.safetensors', 'pictures', '--verbose']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cardinal: .*\nCardinalError: .*\n {4}at /);
  });
});
