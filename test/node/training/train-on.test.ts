import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import type { Value } from '../../../src/graph/value.ts';
import { createModel, modelOrigin } from '../../../src/models/registry.ts';
import * as nn from '../../../src/nn/index.ts';
import { loadClassifier } from '../../../src/node/classifier.ts';
import { openData } from '../../../src/node/data/open.ts';
import { RunFolder } from '../../../src/node/run-folder.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { loadTrained } from '../../../src/node/trained.ts';
import { loadWeights, saveWeights } from '../../../src/node/weights.ts';
import type { TrainEvent } from '../../../src/train/events.ts';
import { writeClasses } from '../data/support/sources.ts';
import { thumbnails } from '../support/own-network.ts';

vi.mock('../../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

/** A network that the registry does not know. */
class Mine extends nn.Module {
  readonly conv = new nn.Conv2d(3, 4, 3, { stride: 2 });
  readonly norm = new nn.BatchNorm2d(4);
  readonly pool = new nn.AdaptiveAvgPool2d(1);
  readonly head = new nn.Linear(4, 2);

  forward(x: Value): Value {
    return this.head(nn.F.flatten(this.pool(nn.F.relu(this.norm(this.conv(x)))), 1));
  }
}

/** The same network in a program that was minified once more. */
class a extends Mine {}

class OfOtherTensors extends Mine {
  readonly other = new nn.Linear(4, 2);

  override forward(x: Value): Value {
    return this.other(nn.F.flatten(this.pool(this.conv(x))));
  }
}

const small = { preprocessing: thumbnails, batchSize: 4, epochs: 2, backend: createReferenceBackend() };

let root: string;
let photos: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-train-on-'));
  photos = join(root, 'photos');
  await writeClasses(photos, { dark: 8, light: 8 });
});
afterAll(() => rm(root, { recursive: true }));

test('a run that computes in a thread of its own has the same weights and losses', async () => {
  const runs = [];
  for (const isolated of [false, true]) {
    const losses: number[] = [];
    const { model } = await trainOn(photos, new Mine().initialize(3), {
      ...small,
      ...{ backend: undefined, threads: 1, blas: false, isolated },
      onEvent: (event) => {
        if (event.type === 'step') losses.push(event.loss);
      },
    });
    runs.push({ losses, weights: model.stateDict() });
  }
  expect(runs[0].losses.length).toBeGreaterThan(4);
  expect(runs[1]).toEqual(runs[0]);
});

describe('a network of one’s own', () => {
  test('is trained, checkpointed and used', async () => {
    const out = join(root, 'mine');
    const events: TrainEvent['type'][] = [];
    const result = await trainOn(photos, new Mine().initialize(3), {
      ...small,
      out,
      onEvent: ({ type }) => void events.push(type),
    });
    expect(result.reason).toBe('finished');
    expect(result.classes).toEqual(['dark', 'light']);
    expect(events.filter((type) => type === 'epoch')).toHaveLength(2);
    expect((await readdir(out)).toSorted()).toEqual([
      'best.safetensors',
      'config.json',
      'last.safetensors',
      'metrics.jsonl',
      'misclassified.csv',
      'pictures.jsonl.gz',
      'previous.safetensors',
      'report.html',
    ]);

    const best = join(out, 'best.safetensors');
    const model = new Mine();
    const classifier = await loadClassifier(best, { model, backend: small.backend });
    const file = join(photos, 'dark', '000.png');
    const fromPath = await classifier.classify(file, { topK: 2 });
    // Asked at once, answered one after another.
    const [again, fromBytes] = await Promise.all([
      classifier.classify(file, { topK: 2 }),
      classifier.classify(await readFile(file), { topK: 2 }),
    ]);
    expect(again).toEqual(fromPath);
    expect(fromBytes).toEqual(fromPath);
    expect(fromPath.map((guess) => guess.class).toSorted()).toEqual(['dark', 'light']);
    expect(fromPath[0].probability + fromPath[1].probability).toBeCloseTo(1, 6);
    await expect(classifier.classify(photos)).rejects.toThrow(/it is a folder/);
    await expect(classifier.classify(new Uint8Array(9))).rejects.toThrow(/^cannot read the picture: /);
    await classifier.dispose();
    await expect(loadTrained(best)).rejects.toThrow(
      /checkpoint of Mine, a network that is not in the registry/,
    );
    await expect(loadTrained(best, { model: new nn.Linear(1, 1) })).rejects.toThrow(
      /best.safetensors: Linear/,
    );
  });

  test('its weights are saved and loaded', async () => {
    const [one, other] = [new Mine().initialize(1), new Mine().initialize(2)];
    const file = join(root, 'weights.safetensors');
    await saveWeights(one, file);
    await loadWeights(other, file);
    expect(other.stateDict()).toEqual(one.stateDict());
  });

  test('its weights are found whatever its attributes are called', async () => {
    class Wrapping extends nn.Module {
      readonly stem = new nn.Conv2d(3, 4, 3);
      readonly net = new nn.Sequential(new nn.Conv2d(4, 4, 3), new nn.ReLU());
      forward(x: Value): Value {
        return this.net(this.stem(x));
      }
    }
    class Model extends nn.Module {
      readonly model = new Wrapping();
      forward(x: Value): Value {
        return this.model(x);
      }
    }
    for (const make of [() => new Wrapping(), () => new Model()]) {
      const [one, other] = [make().initialize(1), make().initialize(2)];
      const file = join(root, 'named.safetensors');
      await saveWeights(one, file);
      await loadWeights(other, file);
      expect(other.stateDict()).toEqual(one.stateDict());
      expect((await loadTrained(file, { model: make() })).notes).toEqual([]);
    }
    // What a program put around them goes all the same.
    const file = join(root, 'wrapped.safetensors');
    await saveWeights(new Model().initialize(1), file);
    const inner = new Wrapping();
    await loadWeights(inner, file);
    expect(inner.stateDict()).toEqual(new Model().initialize(1).model.stateDict());
  });

  test('a classifier that is kept numbers its classes as before', async () => {
    const out = join(root, 'numbered');
    const classes = ['light', 'dark'];
    const data = await openData(photos, { classes });
    await trainOn(data, new Mine().initialize(3), { ...small, epochs: 1, out });
    const weights = join(out, 'best.safetensors');
    const again = (source: Parameters<typeof trainOn>[0], options: TrainOnOptions = {}) =>
      trainOn(source, new Mine(), { ...small, epochs: 1, weights, ...options });
    expect((await again(photos)).classes).toEqual(classes);
    expect((await again(photos, { head: 'reset' })).classes).toEqual(['dark', 'light']);
    await expect(again(await openData(photos))).rejects.toThrow(/class 0 is 'light'/);
  });

  test('bare weights do not say how pictures are prepared: that is a guess, and told', async () => {
    const weights = join(root, 'bare.safetensors');
    await saveWeights(new Mine().initialize(1), weights);
    const warnings: string[] = [];
    const { batchSize, backend } = small;
    const result = await trainOn(photos, new Mine(), {
      ...{ weights, batchSize, backend, epochs: 1, imageSize: 8 },
      onEvent: (event) => {
        if (event.type === 'warning') warnings.push(event.message);
      },
    });
    expect(result.preprocessing.mean).toEqual([0.485, 0.456, 0.406]);
    expect(warnings).toEqual([
      "the weights do not say how their pictures were normalised: ImageNet's mean and std are used; set them with `preprocessing`",
    ]);
  });

  test('a classifier that is kept keeps its classes, whatever the order of the data’s own', async () => {
    const model = new Mine().initialize(3);
    const first = join(root, 'first-order');
    await trainOn(photos, model, { ...small, out: first });
    const weights = join(first, 'best.safetensors');
    const reversed = { ...(await openData(photos, { seed: 0, classes: ['light', 'dark'] })) };
    const again = await trainOn(photos, new Mine(), { ...small, weights });
    expect(again.classes).toEqual(['dark', 'light']);
    await expect(trainOn(reversed, new Mine(), { ...small, weights })).rejects.toThrow(/class 0 is 'dark'/);
    const others = join(root, 'others');
    await writeClasses(others, { cat: 4, dog: 4 });
    await expect(trainOn(others, new Mine(), { ...small, weights })).rejects.toThrow(/'cat'.*head: 'reset'/);
    const fresh = await trainOn(others, new Mine(), { ...small, weights, head: 'reset' });
    expect(fresh.classes).toEqual(['cat', 'dog']);
    await expect(trainOn(photos, new Mine(), { ...small, head: 'reset' })).rejects.toThrow(
      /is for `weights`/,
    );
  });

  test('a run that was stopped is continued to the same weights', async () => {
    const whole = await trainOn(photos, new Mine().initialize(3), { ...small, seed: 5 });
    const out = join(root, 'stopped');
    const controller = new AbortController();
    const stopped = await trainOn(photos, new Mine().initialize(3), {
      ...small,
      seed: 5,
      out,
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === 'step') controller.abort();
      },
    });
    expect([stopped.reason, stopped.step]).toEqual(['interrupted', 1]);
    const { backend } = small;
    const continued = await trainOn(photos, new Mine().initialize(9), { backend, out, resume: true });
    expect(continued.step).toBe(whole.step);
    expect(continued.model.stateDict()).toEqual(whole.model.stateDict());
    await expect(trainOn(photos, new Mine(), { ...small, out })).rejects.toThrow(/holds a run already/);
    await expect(trainOn(photos, new Mine(), { resume: true })).rejects.toThrow(/name its folder/);
  });

  test('frozen parts stay as they are, and a continued run has its own', async () => {
    const out = join(root, 'frozen');
    const { backend } = small;
    const begun = (model: Mine, options: TrainOnOptions = {}) =>
      trainOn(photos, model, { ...small, seed: 5, ...options });
    const whole = await begun(new Mine().initialize(3), { freeze: ['conv', 'norm'] });
    const fresh = new Mine().initialize(3);
    const frozen = ['conv.weight', 'conv.bias', 'norm.weight', 'norm.bias', 'norm.running_var'];
    for (const name of frozen) {
      expect(whole.model.stateDict().get(name), name).toEqual(fresh.stateDict().get(name));
    }
    expect(whole.model.stateDict().get('head.weight')).not.toEqual(fresh.stateDict().get('head.weight'));

    // By hand it is the same.
    for (const module of [fresh.conv, fresh.norm])
      for (const parameter of module.parameters()) parameter.requiresGrad = false;
    expect((await begun(fresh)).model.stateDict()).toEqual(whole.model.stateDict());

    const controller = new AbortController();
    await begun(new Mine().initialize(3), {
      freeze: ['conv', 'norm'],
      out,
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === 'step') controller.abort();
      },
    });
    await expect(
      trainOn(photos, new Mine(), { backend, out, resume: true, freeze: ['conv'] }),
    ).rejects.toThrow(/had 'norm.weight' frozen, here it is trained/);
    await expect(trainOn(photos, new OfOtherTensors(), { backend, out, resume: true })).rejects.toThrow(
      /of another OfOtherTensors: tensor 'other.weight' is missing/,
    );
    await expect(trainOn(photos, { name: 'resnet20_cifar' }, { backend, out, resume: true })).rejects.toThrow(
      /is a checkpoint of Mine, not of resnet20_cifar/,
    );
    const continued = await trainOn(photos, new a(), { backend, out, resume: true });
    expect(continued.model.stateDict()).toEqual(whole.model.stateDict());
    expect(nn.frozenParameters(continued.model)).toEqual(frozen.slice(0, 4));
  });

  test('learning rates are scaled by pattern; a continued run has its own', async () => {
    const out = join(root, 'scaled');
    const begun = (learningRateScale: TrainOnOptions['learningRateScale'], more: TrainOnOptions = {}) =>
      trainOn(photos, new Mine().initialize(3), { ...small, seed: 5, learningRateScale, ...more });
    // A rate of 0 moves nothing, weight decay included; the last pattern counts.
    const { model } = await begun({ '*': 0, head: 1 }, { out });
    const [fresh, trained] = [new Mine().initialize(3).stateDict(), model.stateDict()];
    for (const name of ['conv.weight', 'conv.bias', 'norm.weight']) {
      expect(trained.get(name), name).toEqual(fresh.get(name));
    }
    // Unlike what is frozen, a norm goes on measuring.
    for (const name of ['head.weight', 'norm.running_mean']) {
      expect(trained.get(name), name).not.toEqual(fresh.get(name));
    }
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('* × 0, head × 1');
    const again = (more: TrainOnOptions) =>
      trainOn(photos, new Mine(), { backend: small.backend, out, resume: true, ...more });
    await expect(again({ learningRateScale: { head: 2 } })).rejects.toThrow(
      /has learningRateScale {"\*":0,"head":1}, not {"head":2}: it goes on with its own/,
    );
    expect((await again({})).model.stateDict()).toEqual(trained);
    await expect(begun({ layer9: 1 })).rejects.toThrow(/no parameter of the network matches 'layer9'/);
    await expect(begun({ head: -1 })).rejects.toThrow(/learningRateScale\.head/);
    const pairs = { '*': 0, head: 1 };
    expect((await begun(Object.entries(pairs))).model.stateDict()).toEqual(trained);
  });

  test('a pattern that freezes nothing is refused, and no folder is left', async () => {
    const out = join(root, 'mistyped');
    await expect(trainOn(photos, new Mine(), { ...small, out, freeze: ['convv'] })).rejects.toThrow(
      /^Mine: .* got 'convv', which matches none; the nearest: conv, /,
    );
    await expect(trainOn(photos, new Mine(), { ...small, out, freeze: ['*'] })).rejects.toThrow(
      /^Mine: expected a parameter to train, got 6 frozen ones/,
    );
    expect(await readdir(root)).not.toContain('mistyped');
  });

  test('with other outputs than there are classes it is refused, and no folder is left', async () => {
    const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(3 * 64, 7));
    const out = join(root, 'refused');
    await expect(trainOn(photos, model, { ...small, out })).rejects.toThrow(/has 7 classes.* has 2/);
    expect(await readdir(root)).not.toContain('refused');
  });
});

test('a network of the registry gets classes and channels from the data, and its checkpoint knows it', async () => {
  const out = join(root, 'named');
  const options = { layers: [1], planes: 8, cardinality: 2, baseWidth: 16 };
  await trainOn(
    photos,
    { name: 'resnext_cifar', options },
    { batchSize: 4, backend: small.backend, epochs: 1, out },
  );
  const { description, classes, preprocessing: fitted } = await loadTrained(join(out, 'best.safetensors'));
  expect(fitted?.size).toEqual([32, 32]);
  expect(description.options).toEqual({ ...options, numClasses: 2, inChannels: 3 });
  expect(classes).toEqual(['dark', 'light']);
  expect(modelOrigin(createModel('resnet20_cifar', { numClasses: 3 }))).toEqual({
    name: 'resnet20_cifar',
    options: { numClasses: 3 },
  });
});

test('a checkpoint of a network without shortcuts, in form (b), is loaded as that network', async () => {
  const out = join(root, 'no-shortcuts');
  const options = { layers: [2, 1], planes: 8, cardinality: 2, baseWidth: 16, residual: false, form: 'b' };
  const recipe = { batchSize: 4, backend: small.backend, epochs: 1, out };
  const { model } = await trainOn(photos, { name: 'resnext_cifar', options }, recipe);
  expect([...model.stateSpecs().keys()]).toContain('layer1.0.paths.1.conv2.weight');
  for (const file of ['best', 'last']) {
    const loaded = await loadTrained(join(out, `${file}.safetensors`));
    expect(loaded.description.options).toEqual({ ...options, numClasses: 2, inChannels: 3 });
    expect(loaded.model.stateSpecs()).toEqual(model.stateSpecs());
    expect(loaded.notes).toEqual([]);
  }
});

test('patience stops a run', async () => {
  const recipe = { ...small, learningRate: 1e-12, epochs: 9, patience: 1 };
  const { reason, history } = await trainOn(photos, new Mine().initialize(3), recipe);
  expect(reason).toBe('stopped-early');
  expect(history).toHaveLength(2);
});

describe('a run folder', () => {
  test('is taken away again if nothing came of it', async () => {
    const path = join(root, 'nothing');
    const folder = await RunFolder.create(path);
    await folder.writeConfig({});
    await folder.appendMetrics({ type: 'start' });
    await folder.discard();
    expect(await readdir(root)).not.toContain('nothing');
  });

  test('stays if there is a checkpoint to continue from, or anything that is not the run’s', async () => {
    const path = join(root, 'something');
    const folder = await RunFolder.create(path);
    await folder.writeConfig({});
    await folder.save('last', Uint8Array.of(1));
    await folder.discard();
    expect((await readdir(path)).toSorted()).toEqual(['config.json', 'last.safetensors']);
  });
});
