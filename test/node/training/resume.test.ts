import { expect, test } from 'vitest';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import { continuedSettings } from '../support/on-node.ts';
import type { RunOptions } from '../../../src/node/training/options.ts';
import { runConfigSchema } from '../../../src/node/training/config.ts';
import type { RunConfig } from '../../../src/run/training/config.ts';
import { findRecipe } from '../../../src/train/recipe.ts';

const config = runConfigSchema.parse({
  cardinal: '0.0.0',
  startedAt: '2026-01-02T03:04:05Z',
  command: 'npx cardinal train photos',
  data: '/photos',
  model: { name: 'resnext_cifar', options: {} },
  recipe: findRecipe('quick'),
  seed: 0,
  valFraction: 0.1,
  strict: false,
  preprocessing: defaultPreprocessing({ channels: 3, imageSize: 8, mean: [0, 0, 0], std: [1, 1, 1] }),
  maxPixels: 1_000_000,
});

const go = (settings: RunConfig, options: RunOptions): RunConfig =>
  continuedSettings('run', settings, {
    ...{ source: undefined, model: {}, options, command: 'npx cardinal train --resume run' },
    onEvent: () => undefined,
    listen: () => undefined,
  });

test('a run that is continued keeps what a picture may cost, unless it is given anew', () => {
  expect(go(config, {})).toBe(config);
  expect(go(config, { maxPixels: 1_000_000 })).toBe(config);
  const patient = go(config, { decodeSeconds: 600 });
  expect(patient).toMatchObject({ maxPixels: 1_000_000, decodeSeconds: 600 });
  expect(go(patient, { maxPixels: 5 })).toMatchObject({
    maxPixels: 5,
    decodeSeconds: 600,
  });
  expect(runConfigSchema.parse(patient)).toEqual(patient);
});
