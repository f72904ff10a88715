import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metricsLine } from '../../../src/run/folder/metrics-line.ts';

/** Copies a run's folder under another name, with changes to its recipe. */
export async function copyRun(
  from: string,
  to: string,
  recipe: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await cp(from, to, { recursive: true });
  await changeConfig(to, recipe);
}

/** Writes the folder of a run without checkpoints: settings as another run's, and what it came to. */
export async function writeRun(
  like: string,
  to: string,
  records: readonly object[],
  recipe: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await mkdir(to, { recursive: true });
  await cp(join(like, 'config.json'), join(to, 'config.json'));
  await changeConfig(to, recipe);
  await writeFile(join(to, 'metrics.jsonl'), records.map((record) => metricsLine(record)).join(''));
}

/** A step as a run tells it, of ten an epoch. */
export function stepRecord(step: number, loss: number): object {
  return {
    ...{ type: 'step', step, epoch: Math.floor((step - 1) / 10), stepsPerEpoch: 10, loss, meanLoss: loss },
    ...{ top1: 1 / (1 + loss), learningRate: 0.1, imagesPerSecond: 100 + (step % 7), waiting: 0.01 },
    ...{ secondsLeft: 60, elapsed: step / 10, totalSteps: 1000, stepInEpoch: ((step - 1) % 10) + 1 },
  };
}

export function epochRecord(epoch: number, top1: number, best: boolean): object {
  return {
    ...{ type: 'epoch', epoch, epochs: 100, step: 10 * (epoch + 1), learningRate: 0.1, best, seconds: 1 },
    ...{ train: { loss: 1, top1 }, validation: { loss: 1 - top1 / 2, top1, top5: 1 } },
  };
}

async function changeConfig(run: string, recipe: Readonly<Record<string, unknown>>): Promise<void> {
  const path = join(run, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as { recipe: object };
  await writeFile(path, JSON.stringify({ ...config, recipe: { ...config.recipe, ...recipe } }));
}
