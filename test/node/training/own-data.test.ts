import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { Rng } from '../../../src/base/rng.ts';
import type { Picture } from '../../../src/data/dataset.ts';
import type { OpenData } from '../../../src/data/open-data.ts';
import type { AugmentFunction } from '../../../src/data/own/augment.ts';
import { ownData, type OwnDataOptions } from '../../../src/data/own/own-data.ts';
import type { OwnSample } from '../../../src/data/own/own-samples.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { picturesToEvaluate } from '../../../src/node/data/to-evaluate.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { trainRun } from '../../../src/node/training/run.ts';
import { ConvNetwork, thumbnails } from '../support/own-network.ts';

vi.mock('../../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

const classes = ['dark', 'light'];
const epochs = 2;
const small = {
  ...{ preprocessing: thumbnails, batchSize: 4, epochs, backend: createReferenceBackend() },
  ...{ checkpointEvery: 1, checkpointMinutes: 0, seed: 9, report: false },
} satisfies TrainOnOptions;

let root: string;
let runs = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-own-data-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A picture of noise that is dark or light. */
function noisy(label: number, ...name: readonly number[]): OwnSample {
  const rng = Rng.of(1, ...name);
  const data = Uint8Array.from({ length: 8 * 8 * 3 }, () => 60 + 100 * label + rng.int(60));
  return { picture: { width: 8, height: 8, channels: 3, data }, label };
}

function kept(count: number, more = 0): OwnSample[] {
  return Array.from({ length: count }, (_, index) => noisy(index % 2, index + more));
}

async function* drawn(epoch: number, seed: number): AsyncGenerator<OwnSample> {
  for (let at = 0; ; at++) yield await Promise.resolve(noisy(at % 2, epoch, seed, at));
}

const brighter: AugmentFunction = (picture, rng) => ({
  ...picture,
  data: picture.data.map((value) => value + rng.int(20)),
});

const sources: readonly [string, OwnDataOptions, Partial<TrainOnOptions>][] = [
  ['pictures that are kept', { classes, train: kept(14) }, { mixup: 0.2 }],
  ['a stream', { classes, train: { length: 14, stream: drawn }, val: kept(4, 100) }, { mixup: 0.2 }],
  ['an augmentation of one’s own', { classes, train: kept(14) }, { augment: brighter }],
  ['one for a stream', { classes, train: { length: 12, stream: drawn } }, { augment: brighter }],
  [
    'numbers',
    {
      classes,
      train: {
        shape: [12, 3, 8, 8],
        data: Float32Array.from({ length: 12 * 192 }, (_, at) => Math.sin(at) + ((at / 192) % 2)),
        labels: Array.from({ length: 12 }, (_, at) => at % 2),
      },
    },
    { preprocessing: undefined },
  ],
];

async function bytesOf(out: string): Promise<Buffer[]> {
  return Promise.all(['last', 'best'].map((name) => readFile(join(out, `${name}.safetensors`))));
}

function folder(): string {
  return join(root, String(runs++));
}

/** Trains until `dies` says that the process does, right after an event: nothing is saved on the way out. */
async function trained(
  data: OpenData,
  out: string,
  options: Partial<TrainOnOptions>,
  dies: (step: number) => boolean = () => false,
): Promise<string[]> {
  const warnings: string[] = [];
  const network = new ConvNetwork().initialize(2);
  await trainOn(data, network, {
    ...{ ...small, ...options, out },
    onEvent(event) {
      if (event.type === 'warning') warnings.push(event.message);
      if (event.type === 'step' && dies(event.step)) throw new Error('killed');
    },
  });
  return warnings;
}

describe.each(sources)('%s', (_, given, options) => {
  test('a run that is killed and goes on ends in the bytes of one that was not', async () => {
    const whole = folder();
    expect(await trained(await ownData(given), whole, options)).toEqual([]);
    const out = folder();
    for (const dying of [1, 3]) {
      const killed = trained(
        await ownData(given),
        out,
        { ...options, resume: 'auto' },
        (step) => step === dying,
      );
      await expect(killed).rejects.toThrow('killed');
    }
    expect(await trained(await ownData(given), out, { ...options, resume: true })).toEqual([]);
    expect(await bytesOf(out)).toEqual(await bytesOf(whole));
  });
});

test('other pictures under the same names are told when a run goes on, and refused if it is strict', async () => {
  const pairs: [OwnDataOptions, OwnDataOptions, RegExp][] = [
    [
      { classes, train: kept(12), valFraction: 0 },
      { classes, train: [...kept(11), ...kept(1, 500).map((one) => ({ ...one, label: 1 }))], valFraction: 0 },
      /1 is replaced \(train\[11\]: of the same size\); the run goes on/,
    ],
    [
      { classes, train: { length: 12, stream: drawn } },
      { classes, train: { length: 12, stream: (epoch) => drawn(epoch, 77) } },
      /12 are replaced \(the first train\[0\]: of the same size\); the run goes on/,
    ],
  ];
  for (const [before, after, message] of pairs) {
    const out = folder();
    await trained(
      await ownData(before),
      out,
      { epochs: 1, schedule: undefined, recipe: 'quick' } as object,
      (step) => step === 2,
    ).catch(() => undefined);
    const other = await ownData(after);
    await expect(trained(other, out, { epochs: 1, resume: true, strict: true })).rejects.toThrow(
      /put them back: the run is strict/,
    );
    const warnings = await trained(other, out, { epochs: 1, resume: true });
    expect(warnings.join('\n')).toMatch(message);
  }
});

test('other labels are refused', async () => {
  const out = folder();
  await trained(await ownData({ classes, train: kept(12) }), out, {}, (step) => step === 2).catch(
    () => undefined,
  );
  const swapped = kept(12).map((one) => ({ ...one, label: 1 - Number(one.label) }));
  await expect(trained(await ownData({ classes, train: swapped }), out, { resume: true })).rejects.toThrow(
    /was trained on other pictures than own pictures has now: .* of another class/,
  );
});

test('the run says what of it is its program’s own: others cannot go on without it', async () => {
  const out = folder();
  const data = await ownData({ classes, train: kept(12), name: 'noise' });
  await trained(data, out, { augment: brighter }, (step) => step === 2).catch(() => undefined);
  const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as Record<string, unknown>;
  expect(config).toMatchObject({
    data: 'noise',
    program: ['pictures', 'augment'],
    recipe: { augmentation: {} },
  });
  await expect(trained(data, out, { resume: true })).rejects.toThrow(
    /augments its pictures with a function of its program: give it again as augment/,
  );
  await expect(
    trainOn('photos', new ConvNetwork(), { ...small, augment: brighter, out, resume: true }),
  ).rejects.toThrow(/has pictures of its program: give them again/);
  const other = folder();
  await trained(data, other, {}, (step) => step === 2).catch(() => undefined);
  await expect(trained(data, other, { resume: true, augment: brighter })).rejects.toThrow(
    /has no function that augments/,
  );
  const registered = folder();
  const network = { name: 'resnet20_cifar' };
  await trainOn(data, network, { ...small, out: registered, epochs: 1, batchSize: 8 });
  const byCommand = trainRun({
    ...{
      source: undefined,
      model: {},
      options: { out: registered, resume: true },
      command: 'cardinal train',
    },
    ...{ onEvent: () => undefined, listen: () => undefined },
  });
  await expect(byCommand).rejects.toThrow(/it has pictures of its program: continue it there, with trainOn/);
});

test('a function that fails ends the run in one line, and the last checkpoint stays', async () => {
  const out = folder();
  const data = await ownData({ classes, train: kept(12) });
  let calls = 0;
  const augment = (picture: Picture): Picture => {
    // In the second epoch, or near its end: batches are made ahead.
    if (++calls > 9) throw new Error('no more paint');
    return picture;
  };
  await expect(trained(data, out, { augment })).rejects.toThrow(
    /^augment: it threw for train\[\d+\] in epoch \d: no more paint$/,
  );
  const [last] = await Promise.all([readFile(join(out, 'last.safetensors'))]);
  expect(last.length).toBeGreaterThan(0);
  expect(await trained(data, out, { augment: (picture) => picture, resume: true })).toEqual([]);
});

test('is evaluated, and known again as what was trained on', async () => {
  const data = await ownData({ classes, train: kept(20), test: kept(6, 50) });
  const out = folder();
  const { evaluation, classes: names } = await trainOn(data, new ConvNetwork().initialize(2), {
    ...small,
    out,
  });
  expect(evaluation).toMatchObject({ on: 'test', samples: expect.any(Array) as unknown });
  expect(names).toEqual(classes);
  const whole = await ownData({ classes, train: kept(20), valFraction: 0 });
  const { loadTrained } = await import('../../../src/node/trained.ts');
  const weights = await loadTrained(join(out, 'best.safetensors'), { model: new ConvNetwork() });
  const { on, dataset } = await picturesToEvaluate(whole, weights);
  expect([on, dataset.length]).toEqual(['held-out pictures', 2]);
  const loader = createLoader(dataset, { batchSize: 2, preprocessing: thumbnails, training: false });
  await loader.dispose();
});
