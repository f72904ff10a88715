import { appendFile, mkdir, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metricsLine } from '../../src/run/folder/metrics-line.ts';
import type { RunCurves } from '../../src/studio/train/curves.ts';
import type { RunState } from '../../src/studio/train/service.ts';
import { eventually } from '../support/eventually.ts';
import { bundled, writeSome } from '../support/some-pictures.ts';
import { asking } from './support/line.ts';
import { openPlatform, type TestPlatform } from './support/studio.ts';

let folder: string;
let opened: TestPlatform;
let engine: ReturnType<typeof asking>;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-train-'));
  await writeSome(bundled, join(folder, 'clothes'), { train: 200, t10k: 20 });
  opened = await openPlatform([join(folder, 'clothes')]);
  engine = asking(opened.platform);
  data = (await engine.call('items', []))[0].id;
});

afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

const model = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 },
};

/** Watches a run until it has ended; its curves by then. */
async function watched(run: string): Promise<RunCurves> {
  let last: RunCurves | undefined;
  const controller = new AbortController();
  const ended = new Error('it has ended');
  await engine
    .call('watch', [{ run }], {
      signal: controller.signal,
      on: {
        curves: (curves) => {
          last = curves;
        },
        state: ({ training }) => {
          if (training === 'no') controller.abort(ended);
        },
      },
    })
    .catch((error: unknown) => {
      if (error !== ended) throw error;
    });
  if (last === undefined) throw new Error('expected curves to be told');
  return last;
}

const runNamed = async (name: string): Promise<RunState> => {
  const found = (await engine.call('runs', [])).find((run) => run.name === name);
  if (found === undefined) throw new Error(`expected a run ${name}`);
  return found;
};

describe('a run', () => {
  let run: string;

  test('begins, is watched, ends, and classifies', async () => {
    run = await engine.call('train', [{ data, model, name: 'first', epochs: 2, batchSize: 50 }]);
    await watched(run);
    const records = await engine.call('metrics', [{ run }]);
    const epochs = records.filter(({ type }) => type === 'epoch');
    expect(epochs.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(records.at(-1)).toMatchObject({ type: 'end', reason: 'finished' });
    const { loss, accuracy, done, steps } = await watched(run);
    const told = records.filter(({ type }) => type === 'step');
    expect([done, steps]).toEqual([2, told.length]);
    expect([...loss.training.values]).toEqual(told.map((step) => step['loss']));
    expect([...accuracy.validation.epochs]).toEqual([1, 2]);
    const [state] = await engine.call('runs', []);
    expect(state).toMatchObject({
      id: run,
      name: 'first',
      epochs: 2,
      training: 'no',
      hasCheckpoint: true,
      end: 'finished',
    });
    expect(state.settings).toMatchObject({ network: 'resnext_cifar', batchSize: '50' });
    const pictures = [0, 1].map((index) => ({ data, split: 'test', index }) as const);
    const answers = await engine.call('classify', [{ weights: run, pictures, topK: 10 }]);
    for (const { top } of answers) {
      expect(top).toHaveLength(10);
      expect(top?.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    }
  });

  test('is stopped with a checkpoint, goes on, and only one trains at a time', async () => {
    const long = await engine.call('train', [{ data, model, name: 'long', epochs: 1000, batchSize: 10 }]);
    await expect(engine.call('train', [{ data, model }])).rejects.toThrow(/^long is training: stop it first/);
    const stateNow = async () => (await engine.call('runs', [])).find(({ id }) => id === long);
    expect(await stateNow()).toMatchObject({ training: 'here' });
    await engine.call('stop', [{ run: long }]);
    expect(await stateNow()).toMatchObject({ training: 'no', hasCheckpoint: true });
    await expect(engine.call('stop', [{ run: long }])).rejects.toThrow(/not trained by this studio/);
    const stepsOf = async () =>
      (await engine.call('metrics', [{ run: long }])).filter(({ type }) => type === 'step').length;
    const before = await stepsOf();
    await engine.call('resume', [{ run: long }]);
    await eventually(async () => {
      expect(await stepsOf()).toBeGreaterThan(before);
    });
    await engine.call('stop', [{ run: long }]);
    expect(await stateNow()).toMatchObject({ training: 'no' });
    expect((await stateNow())?.error).toBeUndefined();
  });

  test('whose learning rate falls to its end is not made longer', async () => {
    await expect(engine.call('resume', [{ run, epochs: 3 }])).rejects.toThrow(/cannot go on to 3 epochs/);
    // Whoever asked knows; the run has not failed.
    const { end, error } = await runNamed('first');
    expect([end, error]).toEqual(['finished', undefined]);
  });

  test('that cannot begin says why, and another can', async () => {
    await expect(engine.call('train', [{ data, model: { name: 'resnet_of_nobody' } }])).rejects.toThrow(
      /resnet_of_nobody/,
    );
    await expect(engine.call('train', [{ data, model, name: '../out' }])).rejects.toThrow(/^train: name/);
    await expect(engine.call('train', [{ data, model, name: 'ok', epochs: 0 }])).rejects.toThrow(
      /^train: epochs/,
    );
    const next = await engine.call('train', [{ data, model, name: 'next', epochs: 1 }]);
    await engine.call('stop', [{ run: next }]);
  });
});

describe('a run that ends before its time', () => {
  test('of patience says so, keeps its best weights, and goes on with more patience', async () => {
    // Of so small a rate nothing gets better after the first epochs.
    const options = { epochs: 12, batchSize: 50, learningRate: 1e-12, patience: 2, seed: 1 };
    const run = await engine.call('train', [{ data, model, name: 'patient', ...options }]);
    await watched(run);
    const { end, best, last } = await watched(run);
    expect(end?.reason).toBe('stopped-early');
    expect((last?.epoch ?? NaN) - (best?.epoch ?? NaN)).toBe(2);
    const state = await runNamed('patient');
    expect(state).toMatchObject({ end: 'stopped-early', hasCheckpoint: true });
    expect(state.settings['patience']).toBe('2');
    await engine.call('resume', [{ run, patience: 4 }]);
    await watched(run);
    const after = await watched(run);
    expect(after.end?.reason).toBe('stopped-early');
    expect((after.last?.epoch ?? NaN) - (after.best?.epoch ?? NaN)).toBe(4);
  });

  test('of a rate that explodes says where, and another run can begin', async () => {
    const options = { recipe: 'cifar', epochs: 3, batchSize: 20, learningRate: 1e30, seed: 1 };
    const run = await engine.call('train', [{ data, model, name: 'exploding', ...options }]);
    await watched(run);
    const { end, now } = await watched(run);
    expect(end?.reason).toBe('not-finite');
    expect(end?.message).toMatch(/learning rate 1\.00e\+30/);
    expect(end?.epochs).toBe(now?.epochs ?? 0);
    expect(await runNamed('exploding')).toMatchObject({ training: 'no', end: 'not-finite' });
    const next = await engine.call('train', [{ data, model, name: 'after', epochs: 1 }]);
    await engine.call('stop', [{ run: next }]);
  });
});

describe('a run of the command line', () => {
  test('is told line by line as it is written, and anew when it was cut', async () => {
    const path = join(opened.runsFolder, 'other');
    await mkdir(path, { recursive: true });
    const metrics = join(path, 'metrics.jsonl');
    const step = (step: number) =>
      metricsLine({ type: 'step', step, stepsPerEpoch: 1, epoch: 0, loss: 1 / step });
    await writeFile(join(path, 'config.json'), '{}');
    await writeFile(metrics, step(1) + step(2).slice(0, 20));
    const { id } = await runNamed('other');
    const told: number[][] = [];
    const controller = new AbortController();
    const watching = engine.call('watch', [{ run: id }], {
      signal: controller.signal,
      on: { curves: ({ loss }) => void told.push([...loss.training.epochs]) },
    });
    await eventually(() => {
      expect(told).toEqual([[1]]);
    });
    await appendFile(metrics, step(2).slice(20) + step(3));
    await eventually(() => {
      expect(told.at(-1)).toEqual([1, 2, 3]);
    });
    await truncate(metrics, step(1).length);
    await eventually(() => {
      expect(told.at(-1)).toEqual([1]);
    });
    controller.abort();
    await expect(watching).resolves.toBeUndefined();
  });

  test('on data that was not named is not continued', async () => {
    const path = join(opened.runsFolder, 'first');
    const config = join(path, 'config.json');
    const settings = JSON.parse(await readFile(config, 'utf8')) as object;
    await writeFile(config, JSON.stringify({ ...settings, data: '/etc' }));
    const run = (await engine.call('runs', [])).find(({ name }) => name === 'first')?.id ?? '';
    await expect(engine.call('resume', [{ run }])).rejects.toThrow(
      /first was trained on \/etc, which was not named/,
    );
  });

  test('that is gone ends the watching', async () => {
    const path = join(opened.runsFolder, 'other');
    const run = (await engine.call('runs', [])).find(({ name }) => name === 'other')?.id ?? '';
    const watching = engine.call('watch', [{ run }]);
    await rename(path, join(folder, 'away'));
    await expect(watching).rejects.toThrow(/not there any more|has no run/);
  });
});
