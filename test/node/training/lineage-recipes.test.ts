import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import type { GivenOptions } from '../../../src/models/registry.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { parseCheckpoint } from '../../../src/train/checkpoint.ts';
import { findRecipe, withOverrides } from '../../../src/train/recipe.ts';
import { seed } from '../../support/seed.ts';
import { temporaryFolder, writeClasses } from '../data/support/sources.ts';

const { path: root, remove } = temporaryFolder();
const at = (...names: readonly string[]): string => join(root, ...names);
beforeAll(() => writeClasses(at('photos'), { dark: 9, light: 9 }));
afterAll(remove);

const half = [0.5, 0.5, 0.5];
const common = {
  ...{ batchSize: 8, epochs: 1, valFraction: 0.1, threads: 1, seed, report: false },
  preprocessing: defaultPreprocessing({ channels: 3, imageSize: 32, mean: half, std: half }),
};

/** The network that a recipe was published for, as narrow and short as it may be. */
const networks: readonly [
  recipe: string,
  name: string,
  options: GivenOptions,
  dropPath: number | undefined,
][] = [
  ['mobilenet', 'mobilenetv3_small_050', {}, 0.2],
  ['efficientnet', 'efficientnet_b0', { widthMultiplier: 0.25, depthMultiplier: 0.25 }, 0.2],
  ['convnext', 'convnext_atto', { layers: [1, 1, 1, 1], widthMultiplier: 0.2 }, 0.1],
  ['resnet-a1', 'resnet', { layers: [1, 1], planes: 8 }, 0.05],
  ['resnet-a2', 'regnety_002', { layers: 4, widthMultiplier: 0.5 }, 0.05],
  ['resnet-a3', 'resnext_cifar', { layers: [1], cardinality: 2, planes: 4 }, undefined],
];

test.each(networks)('%s: two steps of %s', async (recipe, name, options, dropPath) => {
  const out = at(recipe);
  const { reason, step, history } = await trainOn(
    at('photos'),
    { name, options },
    { ...common, recipe, out },
  );
  expect({ reason, step }).toEqual({ reason: 'finished', step: 2 });
  expect(Number.isFinite(history[0].train.loss), `seed ${seed}`).toBe(true);
  const last = await parseCheckpoint(await readFile(join(out, 'last.safetensors')), 'last');
  expect(last.model.options['dropPath']).toBe(dropPath);
  // The network is used on the whole input, whatever it was trained on.
  expect(last.preprocessing?.size).toEqual([32, 32]);
  expect(last.training?.recipe).toEqual(withOverrides(findRecipe(recipe), { batchSize: 8, epochs: 1 }));
});

test('a run that was interrupted goes on to the same bytes: policies, erasing, repeats, LAMB, drop-path and smaller pictures', async () => {
  const recipe = {
    ...findRecipe('resnet-a1'),
    ...{ trainScale: 0.75, layerDecay: 0.8 },
    augmentation: { ...findRecipe('convnext').augmentation, flip: 0.5, lighting: 0 },
  };
  const train = (out: string, more: object = {}) =>
    trainOn(
      at('photos'),
      { name: 'resnet', options: { layers: [1, 1], planes: 8 } },
      { ...common, recipe, batchSize: 4, out: at(out), ...more },
    );
  await train('whole');
  const interrupted = new AbortController();
  const first = await train('parts', {
    signal: interrupted.signal,
    onEvent: ({ type }: { type: string }) => {
      if (type === 'step') interrupted.abort();
    },
  });
  expect(first).toMatchObject({ reason: 'interrupted', step: 1 });
  expect(await train('parts', { resume: true })).toMatchObject({ reason: 'finished', step: 4 });
  for (const file of ['last.safetensors', 'best.safetensors'])
    expect(Buffer.compare(await readFile(at('parts', file)), await readFile(at('whole', file))), file).toBe(
      0,
    );
});
