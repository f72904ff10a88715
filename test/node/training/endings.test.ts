import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type * as backends from '../../../src/node/backend.ts';
import { RunFolder } from '../../../src/node/run-folder.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { writeClasses } from '../data/support/sources.ts';

vi.mock('../../../src/node/backend.ts', async (original) => ({
  ...(await original<typeof backends>()),
  createNodeBackend: async () => {
    const { createReferenceBackend } = await import('../../../src/backends/reference/backend.ts');
    return Object.assign(createReferenceBackend(), {
      dispose: () => Promise.reject(new Error('a thread would not end')),
    });
  },
}));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-endings-'));
  await writeClasses(join(root, 'photos'), { dark: 6, light: 6 });
});
afterAll(() => rm(root, { recursive: true }));

const network = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 2, baseWidth: 16, planes: 4 },
};
const few = { batchSize: 4, epochs: 1, imageSize: 8 };

test('a backend that does not end keeps the lock of a run no longer than the run', async () => {
  const out = join(root, 'run');
  await expect(trainOn(join(root, 'photos'), network, { ...few, out })).rejects.toThrow(
    'a thread would not end',
  );
  expect((await readdir(out)).filter((name) => name.startsWith('.'))).toEqual([]);
  await (await RunFolder.open(out)).close();
});

test('and what failed first is what is told', async () => {
  const out = join(root, 'failed');
  const onEvent = (): never => {
    throw new Error('the caller has had enough');
  };
  await expect(trainOn(join(root, 'photos'), network, { ...few, out, onEvent })).rejects.toMatchObject({
    message: 'the caller has had enough',
    cause: { message: 'a thread would not end' },
  });
  // Nothing was learned yet, so nothing is left.
  await expect(readdir(out)).rejects.toThrow(/ENOENT/);
});
