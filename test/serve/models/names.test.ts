import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';

import { createModel } from '../../../src/models/registry.ts';
import { ServeError } from '../../../src/serve/errors.ts';
import { ServedModels, type ModelSource } from '../../../src/serve/models/served-models.ts';
import { buildCheckpoint } from '../../../src/train/checkpoint.ts';
import { writeBytes } from '../../node/data/support/sources.ts';
import { watchedBackend } from '../../support/rounds.ts';
import { classes, colourClassifier, colourNetwork, preprocessing } from '../support/colours.ts';
import {
  answer,
  at,
  load,
  picture,
  refusal,
  source,
  uncertain,
  unlikely,
  v1,
  v2,
} from '../support/models.ts';

describe('names and versions', () => {
  test('several models are served, the first without a name', async () => {
    const { models, events } = await load([
      source,
      { ...source, weights: pathToFileURL(unlikely), name: 'inverse' },
    ]);
    expect(models.names).toEqual(['colours', 'inverse']);
    expect(await answer(models)).toBe(`red ${v1}`);
    expect(await answer(models, 'colours')).toBe(`red ${v1}`);
    expect(await answer(models, 'inverse')).toBe(`blue ${v2}`);
    expect(models.find('inverse', v2)).toMatchObject({
      name: 'inverse',
      version: v2,
      source: unlikely,
      about: { architecture: 'Sequential', classes, input: [3, 4, 4], preprocessing },
    });
    expect(models.find('inverse').about.digest?.slice(0, 12)).toBe(v2);
    expect(events.map(({ type, model }) => `${type} ${model.name}`)).toEqual([
      'loaded colours',
      'loaded inverse',
    ]);
  });

  test('an unknown name or version is a 404 that says what there is', async () => {
    const { models } = await load();
    for (const [name, version, message] of [
      ['other', undefined, "there is no model 'other': expected colours"],
      [undefined, '7', `there is no version '7' of colours: expected ${v1}`],
    ] as const) {
      const error: unknown = await models
        .use(name, () => Promise.resolve(), version)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ServeError);
      expect(error).toMatchObject({ status: 404, code: 'model_not_found', message });
      expect(() => models.find(name, version)).toThrow(message);
    }
  });

  test('a run is called as its folder, bare weights as their network, a second one with a number', async () => {
    const model = createModel('resnet20_cifar', { numClasses: 3 }).initialize(5);
    const bytes = await buildCheckpoint({
      model: { name: 'resnet20_cifar', options: { numClasses: 3 } },
      input: [3, 8, 8],
      classes,
      preprocessing: { ...preprocessing, size: [8, 8], resize: 8 },
      state: model.stateDict(),
    });
    writeBytes(at('runs/my shoes!/best.safetensors'), bytes);
    writeBytes(at('runs/my shoes!/config.json'), '{}');
    writeBytes(at('bare.safetensors'), bytes);
    const { models } = await load([
      { weights: at('runs/my shoes!') },
      { weights: at('runs/my shoes!/best.safetensors') },
      { weights: at('bare.safetensors') },
      { ...source, name: 'my-shoes-3' },
    ]);
    expect(models.names).toEqual(['my-shoes', 'my-shoes-2', 'resnet20_cifar', 'my-shoes-3']);
    expect(models.find('my-shoes').about).toMatchObject({
      architecture: 'resnet20_cifar',
      input: [3, 8, 8],
      classes,
    });
  });

  test.each<readonly [string, unknown, RegExp]>([
    ['no list', {}, /expected the models to be a list/],
    ['none', [], /at least one/],
    ['no weights', [{}], /a model to serve: expected \{ weights \}/],
    ['an unknown option', [{ ...source, batch: 3 }], /unknown option batch/],
    [
      'a name with a slash',
      [{ ...source, name: 'a/b' }],
      /the name of a model: expected up to 100 letters.*got 'a\/b'/,
    ],
    ['a name twice', [source, source], /two models are called colours/],
    [
      'a network that all reloads would share',
      [{ ...source, model: colourNetwork() }],
      /a function that makes one/,
    ],
    ['a file that is not there', [{ ...source, weights: at('none') }], /no such file/],
    [
      'weights that give NaN',
      [{ ...source, weights: uncertain }],
      /uncertain\.safetensors gives NaN or infinity for a made-up picture/,
    ],
    ['names for other classes', [{ ...source, classes: ['a'] }], /3 classes, but there is 1 name/],
  ])('%s is refused, and nothing is left behind', async (_, sources, message) => {
    const { backend, freed } = watchedBackend(() => undefined);
    let made = 0;
    const loading = load(sources as ModelSource[], {
      backend: () => {
        made++;
        return Promise.resolve(backend);
      },
    });
    await expect(loading).rejects.toThrow(message);
    expect(freed.backends).toBe(made);
  });

  test('classifiers of a program are served as they are', async () => {
    const classifier = await colourClassifier();
    const models = ServedModels.of({ given: classifier });
    expect(await answer(models)).toBe('red 1');
    expect(await refusal(models.reload('given'))).toMatch(/^UsageError: given cannot be loaded again/);
    await models.close({ drain: true });
    expect(models.ready).toBe(false);
    expect((await classifier.classify(picture))[0].class).toBe('red');
    await classifier.dispose();
    expect(() => ServedModels.of({ 'a b': classifier })).toThrow(/the name of a model/);
  });
});
