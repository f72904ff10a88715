import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { cardinal, root } from './cardinal.ts';

/** Real data and real weights, where they lie beside the repository; nothing of them is in it. */
const shared = join(root, '../shared/data');
const weights = join(shared, 'weights/resnet20-12fca82f.th');
const cifar = join(shared, 'cifar-10-binary.tar.xz');
const present = existsSync(weights) && existsSync(cifar);
if (!present) console.warn(`SKIPPED: a published ResNet-20 on CIFAR-10: ${shared} is not there`);

let folder: string | undefined;
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

it.skipIf(!present)('a published ResNet-20 errs on CIFAR-10 as its author says: 8.27 %', async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-published-'));
  await promisify(execFile)('tar', ['xJf', cifar, '-C', folder]);
  const data = join(folder, 'cifar-10-batches-bin');
  const { code, stdout, stderr } = await cardinal([
    'eval',
    weights,
    data,
    '--model',
    'resnet20_cifar',
    '--json',
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^warning: the weights do not say .*ImageNet's mean and std are used/);
  expect(JSON.parse(stdout)).toMatchObject({ total: 10_000, correct: 9_173 });
});
