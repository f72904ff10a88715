import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeLabelled, writeText } from '../support/labelled-pictures.ts';
import { cardinal, type Finished } from './cardinal.ts';

const model = [
  ...['--model', 'resnext_cifar', '--batch-size', '8', '--seed', '3', '--threads', '1', '--augment', 'none'],
  ...['--image-size', '12', '--set', 'layers=1,1,1', 'cardinality=2', 'baseWidth=16', 'planes=16'],
];
let folder: string;
const inFolder = (...args: readonly string[]): Promise<Finished> => cardinal(args, { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-cli-tasks-'));
  const { labels, numbers } = await writeLabelled(join(folder, 'photos'), 64, 'train');
  await writeText(join(folder, 'labels.csv'), `${labels}train/gone.png,red\n`);
  await writeText(join(folder, 'numbers.csv'), numbers);
});
afterAll(() => rm(folder, { recursive: true }));

describe('labels', () => {
  it('are trained, evaluated and predicted in their own terms', async () => {
    const trained = await inFolder(
      ...['train', 'photos', '--labels', 'labels.csv', '--loss', 'focal:gamma=1', '--out', 'run'],
      ...['--epochs', '3', ...model],
    );
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toContain('resnext_cifar on photos: 2 labels; ');
    expect(trained.stderr).toContain('left out: 1 label without a picture (train/gone.png)');
    expect(trained.stderr).toMatch(
      /epoch 3\/3 {3}training loss [\d.]+ {3}validation loss [\d.]+, mAP [\d.]+ %/,
    );
    expect(trained.stdout).toMatch(/mAP .* micro F1 .* macro F1/);
    expect(trained.stdout + trained.stderr).not.toContain('top-1');

    const evaluated = await inFolder(
      ...['eval', 'run/best.safetensors', 'photos', '--labels', 'labels.csv', '--split', 'val', '--json'],
    );
    const found = JSON.parse(evaluated.stdout) as { mAP: number; perLabel: unknown[] };
    expect(found.mAP).toBeGreaterThan(0.5);
    expect(found.perLabel).toHaveLength(2);
    expect(evaluated.stdout).not.toContain('confusion');
    expect(evaluated.stderr).toContain('pictures that training held out (10 %, seed 3)');

    const without = await inFolder('eval', 'run/best.safetensors', 'photos');
    expect(without.code).not.toBe(0);
    expect(without.stderr).toContain(
      "run/best.safetensors predicts labels: give the pictures' own with --labels FILE",
    );
    const predicted = await inFolder('predict', 'run/best.safetensors', 'photos/train/3.png', '--csv');
    expect(predicted.stdout.split('\n')[0]).toBe('image,class,probability,class_2,probability_2');
  });
});

describe('labels elsewhere', () => {
  it('have a learning rate looked for, and travel with shards', async () => {
    const plain = model.filter((word) => word !== '--augment' && word !== 'none');
    const rates = await inFolder(
      'lr',
      'photos',
      '--labels',
      'labels.csv',
      '--steps',
      '3',
      '--json',
      ...plain,
    );
    expect(rates.code, rates.stderr).toBe(0);
    expect((JSON.parse(rates.stdout) as { points: unknown[] }).points).toHaveLength(3);

    const packed = await inFolder(
      'pack',
      'photos',
      '--labels',
      'labels.csv',
      '--shards',
      '2',
      '--out',
      'shards',
    );
    expect(packed.code, packed.stderr).toBe(0);
    const [folder, shards] = await Promise.all(
      [['photos', '--labels', 'labels.csv'], ['shards']].map((data) =>
        inFolder('eval', 'run/best.safetensors', ...data, '--split', 'train', '--json'),
      ),
    );
    expect(shards.code, shards.stderr).toBe(0);
    const [ofFolder, ofShards] = [folder, shards].map(
      ({ stdout }) => (JSON.parse(stdout) as { total: number }).total,
    );
    expect(ofShards).toBeGreaterThanOrEqual(ofFolder);
    const alone = await inFolder('pack', 'run', 'run.zip', '--labels', 'labels.csv');
    expect(alone.stderr).toContain('--labels is for --shards');
  });
});

describe('numbers', () => {
  it('are trained, evaluated and predicted in their own terms', async () => {
    const trained = await inFolder(
      ...[
        'train',
        'photos',
        '--labels',
        'numbers.csv',
        '--out',
        'numbers',
        '--epochs',
        '3',
        '--json',
        ...model,
      ],
    );
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toMatch(/validation loss [\d.]+, RMSE [\d.]+/);
    const { evaluation } = JSON.parse(trained.stdout) as {
      evaluation: { rmse: number; perNumber: unknown[] };
    };
    expect(evaluation.rmse).toBeGreaterThan(0);
    expect(evaluation.perNumber).toHaveLength(2);
    const predicted = await inFolder('predict', 'numbers/best.safetensors', 'photos/train/3.png', '--json');
    expect(JSON.parse(predicted.stdout)).toMatchObject([
      { image: 'photos/train/3.png', numbers: { brightness: expect.any(Number) as number } },
    ]);
  });
});

describe('classes', () => {
  it('refuse what their loss is not, with the flag', async () => {
    const refused = await inFolder('train', 'photos', '--loss', 'focal:gama=1', ...model);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(
      /--loss: expected cross-entropy, bce, mse or focal, .* got 'focal:gama=1'/,
    );
  });
});
