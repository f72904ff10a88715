import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { createModel } from '../../src/models/registry.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { openData } from '../../src/node/data/open.ts';
import { splitByClass } from '../../src/data/split.ts';
import { judge } from '../../src/studio/judge/judge.ts';
import { judgeHandlers } from '../../src/studio/judge/handlers.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import { evaluate, prepareInference } from '../../src/train/evaluate.ts';
import { networkOf } from '../../src/train/network.ts';
import { reliabilityOf } from '../../src/train/reliability.ts';
import { bundled, openPlatform, type TestPlatform } from './support/studio.ts';

const model = {
  name: 'resnext_cifar',
  options: { numClasses: 10, layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8, inChannels: 1 },
};
const input = [1, 28, 28];
const preprocessing = defaultPreprocessing({ channels: 1, pictureSize: [28, 28], mean: [0.5], std: [0.5] });

let folder: string;
let studio: TestPlatform;
let ids: { readonly weights: string; readonly data: string; readonly others: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-judge-'));
  const state = createModel(model.name, model.options).initialize(1).stateDict();
  const known = { model, input, preprocessing, state };
  const { classes } = await openData(bundled);
  const others = classes.map((name) => (name === classes[3] ? 'Gown' : name));
  await writeFile(join(folder, 'net.safetensors'), await buildCheckpoint({ ...known, classes }));
  await writeFile(join(folder, 'others.safetensors'), await buildCheckpoint({ ...known, classes: others }));
  studio = await openPlatform([bundled, join(folder, 'net.safetensors'), join(folder, 'others.safetensors')]);
  const items = await studio.platform.items();
  const idOf = (name: string): string => items.find((item) => item.name.startsWith(name))?.id ?? '';
  ids = { weights: idOf('net'), data: idOf('fashion'), others: idOf('others') };
}, 60_000);
afterAll(async () => {
  await studio.close();
  await rm(folder, { recursive: true });
});

/** Some of the bundled test pictures, of every class. */
async function some() {
  const { test } = await studio.platform.data(ids.data);
  const part = test && splitByClass(test, 0.1, 1).val;
  if (part === undefined) throw new Error('expected test pictures');
  return part;
}

it('gives the logits of all pictures, as an evaluation has them', async () => {
  const trained = await studio.platform.trained(ids.weights);
  const dataset = await some();
  const told: number[] = [];
  const found = await judge(trained, dataset, studio.platform, {
    signal: new AbortController().signal,
    onProgress: (done) => told.push(done),
  });
  const network = networkOf(trained.model, input, model);
  const program = await prepareInference(network, await studio.platform.backend(), 10);
  const loader = createLoader(dataset, { batchSize: 10, preprocessing, training: false });
  const evaluation = await evaluate(program, loader);
  await loader.dispose();
  await program.dispose();
  const { loss, pictures } = reliabilityOf(found.logits, found.labels);
  expect(pictures).toBe(dataset.length);
  expect(loss).toBeCloseTo(evaluation.loss, 5);
  expect(found.classes).toEqual(dataset.classes);
  expect(found.names).toEqual(Array.from({ length: dataset.length }, (_, index) => dataset.id(index)));
  expect(found.skipped).toEqual([]);
  expect(told.at(-1)).toBe(dataset.length);
});

it('ends when its caller ends it', async () => {
  const reason = new Error('the visitor left');
  const trained = await studio.platform.trained(ids.weights);
  const asked = judge(trained, await some(), studio.platform, {
    signal: AbortSignal.abort(reason),
    onProgress: () => undefined,
  });
  await expect(asked).rejects.toBe(reason);
});

it('writes a temperature, refuses other classes and what is no question', async () => {
  const handlers = judgeHandlers(studio.platform);
  const context = {
    signal: new AbortController().signal,
    tell: () => undefined,
    ask: () => Promise.reject(new Error('nothing is asked')),
  };
  const file = await handlers.saveTemperature([{ weights: ids.weights, temperature: 1.5 }], context);
  expect(file).toContain('net.safetensors');
  expect((await studio.platform.trained(ids.weights)).temperature).toBe(1.5);
  const query = { weights: ids.others, data: ids.data, split: 'test' } as const;
  await expect(handlers.judge([query], context)).rejects.toThrow(/is not among the 10 classes/);
  await expect(handlers.judge([{ ...query, split: 'val' }], context)).rejects.toThrow(
    /has no val pictures|not among/,
  );
  await expect(
    (async () => handlers.saveTemperature([{ weights: ids.weights, temperature: -1 }], context))(),
  ).rejects.toThrow(/temperature/);
});
