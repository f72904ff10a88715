import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUntil } from '../../support/eventually.ts';
import { asking } from './line.ts';
import { bluish, greenish, reddish, writeBlocks } from './pictures.ts';
import { openPlatform, type TestPlatform } from './studio.ts';

/** A studio with photos of three fruits and a run that was trained on them; some test pictures have a wrong label. */
export interface TrainedStudio extends TestPlatform {
  readonly folder: string;
  readonly data: string;
  readonly run: string;
}

export const fruits = ['lime', 'plum', 'tomato'] as const;
const colours = { lime: greenish, plum: bluish, tomato: reddish };

export async function openTrained(): Promise<TrainedStudio> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-trained-'));
  const fruit = join(folder, 'fruit');
  for (const [at, name] of fruits.entries()) {
    for (const [split, count] of [
      ['train', 16],
      ['val', 6],
      ['test', 8],
    ] as const) {
      const seed = 10 * at + count;
      await writeBlocks(join(fruit, split, name), colours[name], { count, seed });
    }
  }
  // A tomato and a lime that somebody took for plums.
  await writeBlocks(join(fruit, 'test/plum/wrong'), reddish, { count: 1, seed: 77 });
  await writeBlocks(join(fruit, 'test/plum/also wrong'), greenish, { count: 1, seed: 78 });
  const opened = await openPlatform([fruit]);
  const engine = asking(opened.platform);
  const data = (await engine.call('items', [])).find(({ kind }) => kind === 'data')?.id ?? '';
  const model = {
    name: 'resnext_cifar',
    options: { layers: [1, 1, 1], planes: 8, cardinality: 4, baseWidth: 16 },
  };
  const run = await engine.call('train', [
    { data, model, epochs: 4, batchSize: 8, learningRate: 0.02, seed: 1 },
  ]);
  const done = await readUntil(
    () => engine.call('runs', []),
    (runs) => runs.some(({ training }) => training === 'no'),
  );
  const [{ error, hasCheckpoint }] = done;
  if (error !== undefined || !hasCheckpoint)
    throw new Error(`expected a trained run, got ${error ?? 'none'}`);
  return {
    ...{ ...opened, folder, data, run },
    close: async () => {
      await opened.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
