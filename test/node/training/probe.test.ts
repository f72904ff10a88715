import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { createModel } from '../../../src/models/registry.ts';
import { loadClassifier } from '../../../src/node/classifier.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { trainProbe } from '../../../src/node/training/probe.ts';
import { loadTrained } from '../../../src/node/trained.ts';
import { saveWeights } from '../../../src/node/weights.ts';
import type { RunOptions } from '../../../src/run/training/options.ts';
import { findRecipe } from '../../../src/train/recipe.ts';
import { writePictures } from '../../cli/pictures.ts';
import { thumbnails } from '../support/own-network.ts';

vi.mock('../../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

const name = 'resnext_cifar';
const options = { layers: [1], planes: 4, cardinality: 2, baseWidth: 32 };
const backend = createReferenceBackend();

let root: string;
const at = (...names: readonly string[]): string => join(root, ...names);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-probe-'));
  await writePictures(at('photos'), { train: 6, val: 3 });
  await saveWeights(createModel(name, { ...options, numClasses: 7 }).initialize(3), at('w.safetensors'));
});
afterAll(() => rm(root, { recursive: true }));

const probe = (more: Partial<RunOptions>) =>
  trainProbe(
    {
      source: at('photos'),
      model: { name, options },
      options: {
        ...{
          weights: at('w.safetensors'),
          preprocessing: thumbnails,
          batchSize: 6,
          epochs: 20,
          learningRate: 0.05,
        },
        ...{ backend, ...more },
      },
      command: undefined,
      onEvent: () => undefined,
      listen: () => undefined,
    },
    (done, of) => progress.push([done, of]),
  );
let progress: [number, number][] = [];

test('only the classifier is trained, and the run holds the whole network', async () => {
  progress = [];
  const { result, evaluation } = await probe({ out: at('probed') });
  expect(progress.at(-1)).toEqual([27, 27]);
  expect((await readdir(at('probed'))).toSorted()).toEqual([
    ...['best.safetensors', 'config.json', 'metrics.jsonl', 'misclassified.csv', 'pictures.jsonl.gz'],
    'report.html',
  ]);
  // What the classifier alone made of features is what the whole network makes of pictures.
  const best = result.history[result.best?.epoch ?? -1];
  expect(evaluation?.top1).toBe(best.validation?.top1);
  expect(evaluation?.loss).toBeCloseTo(best.validation?.loss ?? NaN, 4);
  expect(evaluation?.top1).toBe(1);

  const before = createModel(name, { ...options, numClasses: 7 })
    .initialize(3)
    .stateDict();
  const { model, classes } = await loadTrained(at('probed', 'best.safetensors'));
  expect(classes).toEqual(['blue', 'green', 'red']);
  for (const [path, tensor] of model.stateDict()) {
    if (path.startsWith('fc.')) expect(tensor.shape[0]).toBe(3);
    else expect(tensor, path).toEqual(before.get(path));
  }
  const classifier = await loadClassifier(at('probed', 'best.safetensors'), { backend });
  expect((await classifier.classify(at('photos', 'val', 'red', '0.png')))[0].class).toBe('red');
  await classifier.dispose();
  expect(JSON.parse(await readFile(at('probed', 'config.json'), 'utf8'))).toMatchObject({
    recipe: { name: 'probe', epochs: 20, batchSize: 6 },
    freeze: ['backbone'],
    weights: { head: 'reset' },
  });
});

test('the same seed gives the same bytes', async () => {
  await probe({ out: at('one'), seed: 5, report: false, evaluate: false });
  await probe({ out: at('two'), seed: 5, report: false, evaluate: false });
  const [one, two] = await Promise.all(['one', 'two'].map((run) => readFile(at(run, 'best.safetensors'))));
  expect(one.equals(two)).toBe(true);
});

test('without weights, or where nothing is a classifier, it is refused and no folder is left', async () => {
  await expect(probe({ out: at('none'), weights: undefined })).rejects.toThrow(/^`probe` is for `weights`/);
  await expect(probe({ out: at('none'), batchSize: 0 })).rejects.toThrow(/batchSize/);
  expect(await readdir(root)).not.toContain('none');
});

test('cannot be continued; a run with a recipe that a program calls probe can', async () => {
  await probe({ out: at('over'), epochs: 1, report: false, evaluate: false });
  const own = { ...findRecipe('quick'), name: 'probe', epochs: 1, batchSize: 6 };
  const more = { preprocessing: thumbnails, backend, report: false, evaluate: false };
  const train = (out: string, asked: TrainOnOptions) =>
    trainOn(at('photos'), { name, options }, { ...more, ...asked, out: at(out) });
  await train('own', { recipe: own, valFraction: 0 });
  const { history } = await train('own', { resume: true });
  expect(history).toHaveLength(1);
  await expect(train('over', { resume: true })).rejects.toThrow(/is a linear probe, .* cannot be continued/);
});
