import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { defaultPreprocessing, imagenetStatistics } from '../../src/data/preprocessing.ts';
import type { Value } from '../../src/graph/value.ts';
import * as nn from '../../src/nn/index.ts';
import { loadClassifier } from '../../src/node/classifier.ts';
import { loadTrained } from '../../src/node/trained.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { compile } from '../../src/session/compile.ts';

const { F } = nn;

type Scores = Readonly<Record<'out' | 'side', Value>>;

/** One picture, two answers. */
class TwoHeads extends nn.Module<Scores> {
  readonly conv = new nn.Conv2d(3, 4, 3, { padding: 1 });
  readonly fc = new nn.Linear(4, 2);
  readonly side = new nn.Linear(4, 3);

  forward(picture: Value): Scores {
    const features = F.mean(F.relu(this.conv(picture)), [2, 3]);
    return { out: this.fc(features), side: this.side(features) };
  }
}

/** Two pictures, one answer. */
class Pair extends nn.Module {
  readonly heads = new TwoHeads();

  forward(left: Value, right: Value): Value {
    return F.add(this.heads(left).out, this.heads(right).out);
  }
}

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-several-'));
  await saveWeights(new TwoHeads().initialize(1), at('heads.safetensors'));
  await saveWeights(new Pair().initialize(2), at('pair.safetensors'));
});
afterAll(() => rm(folder, { recursive: true }));

const picture = Float32Array.from({ length: 3 * 8 * 8 }, (_, index) => Math.sin(index));

test('a network of several outputs comes back as what it is, with its weights', async () => {
  const { model, loaded } = await loadTrained(at('heads.safetensors'), { model: new TwoHeads() });
  expectTypeOf(model).toEqualTypeOf<TwoHeads>();
  expect(loaded.loaded).toHaveLength(6);
  const backend = createReferenceBackend();
  await using compiled = await compile(model, { input: [1, 3, 8, 8], backend });
  await using original = await compile(new TwoHeads().initialize(1), { input: [1, 3, 8, 8], backend });
  const outputs = await compiled.outputs(picture);
  expect(Object.entries(outputs).map(([name, { shape }]) => [name, shape])).toEqual([
    ['out', [1, 2]],
    ['side', [1, 3]],
  ]);
  expect(outputs).toEqual(await original.outputs(picture));
});

test('so does one of several inputs', async () => {
  const { model } = await loadTrained(at('pair.safetensors'), { model: new Pair() });
  expectTypeOf(model).toEqualTypeOf<Pair>();
  const backend = createReferenceBackend();
  const input = { left: [1, 3, 8, 8], right: [1, 3, 8, 8] };
  await using compiled = await compile(model, { input, backend });
  const { shape } = await compiled.forward({ left: picture, right: picture });
  expect(shape).toEqual([1, 2]);
});

test('a network that is named, or that the file names, gives one value', () => {
  const named = (path: string) => loadTrained(path, { model: 'resnet18' });
  const own = (path: string) => loadTrained(path);
  expectTypeOf(named).returns.resolves.toHaveProperty('model').toEqualTypeOf<nn.Module>();
  expectTypeOf(own).returns.resolves.toHaveProperty('model').toEqualTypeOf<nn.Module>();
});

test('a classifier answers by the first of several outputs', async () => {
  const preprocessing = defaultPreprocessing({ channels: 3, pictureSize: [8, 8], ...imagenetStatistics });
  const options = { preprocessing, backend: createReferenceBackend(), classes: ['day', 'night'] };
  await using classifier = await loadClassifier(at('heads.safetensors'), {
    model: new TwoHeads(),
    ...options,
  });
  const blank = { width: 8, height: 8, channels: 3 as const, data: new Uint8Array(192) };
  expect(await classifier.logits(blank)).toHaveLength(2);
  await expect(loadClassifier(at('pair.safetensors'), { model: new Pair(), ...options })).rejects.toThrow(
    /Pair.*its forward takes 2 inputs, but a network gets one, its pictures/,
  );
});
