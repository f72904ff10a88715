import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { createModel } from '../../src/models/registry.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import { entriesOf } from '../../src/weights/safetensors.ts';
import { cardinal } from '../cli/cardinal.ts';
import { cifarFile, writeClasses } from '../node/data/support/sources.ts';
import { blocksOf, cardinalArguments, commandsOf } from './blocks.ts';

/** What makes a command of minutes or hours one of seconds; the rest of it is as README has it. */
const shortened: Readonly<Record<string, readonly string[]>> = {
  demo: ['--epochs', '1'],
  train: ['--epochs', '1', '--image-size', '32', '--batch-size', '8'],
};

const commands = blocksOf('README.md')
  .filter(({ kind }) => kind === 'sh')
  .flatMap(({ text }) => commandsOf(text))
  .flatMap((words) => {
    const args = cardinalArguments(words);
    return args === undefined ? [] : [args];
  });
// Weights by name come over the network; the tests of the hub have a server of their own.
const local = commands.filter((args) => !args.some((word) => word.startsWith('hf:')));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-readme-'));
  await writeClasses(join(folder, 'photos'), { cat: 24, dog: 24 });
  await writeClasses(join(folder, 'grocery-photos'), { apple: 12, bean: 12, corn: 12 });
  const grey = {
    create: { width: 40, height: 30, channels: 3, background: { r: 90, g: 90, b: 90 } },
  } as const;
  await sharp(grey).jpeg().toFile(join(folder, 'cat.jpg'));
  const cifar = join(folder, 'cifar-10-batches-bin');
  await mkdir(cifar);
  const rng = Rng.of(1, 'readme');
  const labels = (count: number): number[][] =>
    Array.from({ length: count }, (_, i) => [i < 10 ? i : rng.int(10)]);
  for (const name of [
    'data_batch_1',
    'data_batch_2',
    'data_batch_3',
    'data_batch_4',
    'data_batch_5',
    'test_batch',
  ])
    await writeFile(join(cifar, `${name}.bin`), cifarFile(labels(40)));
  // Bare weights under the published names, as others distribute them.
  const state = createModel('resnet20_cifar').initialize(1).stateDict();
  await writeFile(join(folder, 'resnet20-12fca82f.th'), pytorchParts(entriesOf(state)));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe('the commands of README, one after the other', () => {
  it.each(local.map((args) => [args.join(' '), args] as const))(
    'cardinal %s',
    async (_, args) => {
      const isResumed = args.includes('--resume');
      const more = isResumed ? [] : (shortened[args[0]] ?? []);
      const { code, stdout, stderr } = await cardinal([...args, ...more], { cwd: folder });
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      // Answers go to stdout; what writes a file says so on stderr.
      expect(stdout + stderr).not.toBe('');
    },
    300_000,
  );

  it('leave what they say', async () => {
    expect(await readdir(join(folder, 'runs'))).toEqual(
      expect.arrayContaining(['cifar', 'demo', 'grocery', 'resnext50_32x4d-photos']),
    );
    for (const run of ['demo', 'resnext50_32x4d-photos']) {
      expect(await readdir(join(folder, 'runs', run))).toEqual(
        expect.arrayContaining(['report.html', 'misclassified.csv', 'best.safetensors', 'last.safetensors']),
      );
    }
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['resnet20.safetensors', 'demo.onnx', 'demo.pth']),
    );
  });
});
