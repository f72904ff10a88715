import { copyFileSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { createModel } from '../../../src/models/registry.ts';
import { saveWeights } from '../../../src/node/weights.ts';
import type { Sleep } from '../../../src/serve/models/watch.ts';
import { watchedBackend } from '../../support/rounds.ts';
import { preprocessing } from '../support/colours.ts';
import {
  answer,
  at,
  likely,
  load,
  picture,
  refusal,
  replace,
  served,
  source,
  uncertain,
  unlikely,
  v1,
  v2,
} from '../support/models.ts';

describe('reload', () => {
  test('switches between two requests: who has begun keeps the old weights until he is done', async () => {
    const { backend, freed } = watchedBackend(() => undefined);
    const { models, events } = await load([source], { backend: () => Promise.resolve(backend) });
    const gate = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<undefined>();
    const slow = models.use('colours', async ({ classifier, version }) => {
      begun.resolve(undefined);
      await gate.promise;
      return `${(await classifier.classify(picture))[0].class} ${version}`;
    });
    await begun.promise;
    replace(unlikely);
    await models.reload('colours');
    expect(await answer(models)).toBe(`blue ${v2}`);
    expect(freed.programs).toBe(0);
    gate.resolve(undefined);
    expect(await slow).toBe(`red ${v1}`);
    await expect.poll(() => freed.programs).toBeGreaterThan(0);
    expect(await refusal(models.use('colours', () => Promise.resolve(), v1))).toMatch(/no version/);
    expect(events.at(-1)).toMatchObject({ type: 'loaded', previous: v1, model: { version: v2 } });
  });

  test('weights that are the same change nothing', async () => {
    const { models, events } = await load();
    const { classifier } = models.find();
    replace(likely);
    await models.reload();
    expect(models.find().classifier).toBe(classifier);
    expect(events.at(-1)?.type).toBe('unchanged');
  });

  test.each<readonly [string, () => void, RegExp]>([
    [
      'is gone',
      () => {
        rmSync(served);
      },
      /no such file/,
    ],
    [
      'is cut off',
      () => {
        truncateSync(served, 200);
      },
      /served\.safetensors/,
    ],
    [
      'is no file of weights',
      () => {
        writeFileSync(served, 'no weights');
      },
      /served\.safetensors/,
    ],
    [
      'gives NaN',
      () => {
        copyFileSync(uncertain, served);
      },
      /served\.safetensors gives NaN or infinity for a made-up picture/,
    ],
  ])(
    'a file that %s leaves the old weights in service, and says so in one line',
    async (_, spoil, reason) => {
      const { models, events } = await load();
      spoil();
      const message = await refusal(models.reload());
      expect(message).toMatch(new RegExp(`^CardinalError: colours stays at version ${v1}: `));
      expect(message).toMatch(reason);
      expect(message).not.toContain('\n');
      expect(events.at(-1)).toMatchObject({ type: 'kept', model: { version: v1 } });
      expect(await answer(models)).toBe(`red ${v1}`);
      expect(models.ready).toBe(true);
      copyFileSync(unlikely, served);
      await models.reload();
      expect(await answer(models)).toBe(`blue ${v2}`);
    },
  );

  test('another number of classes is refused, unless told', async () => {
    const write = async (path: string, numClasses: number): Promise<void> => {
      const model = createModel('resnet20_cifar', { numClasses }).initialize(numClasses);
      await saveWeights(model, path);
    };
    const weights = at('shapes.safetensors');
    const shapes = {
      weights,
      model: 'resnet20_cifar',
      preprocessing: { ...preprocessing, size: [8, 8] as [number, number], resize: 8 },
    };
    await write(weights, 3);
    const { models } = await load([
      { ...shapes, name: 'strict' },
      { ...shapes, name: 'free', mayChangeShape: true },
    ]);
    await write(weights, 4);
    expect(await refusal(models.reload())).toMatch(
      /strict stays at version \w+: .*expected 3 classes of pictures 3×8×8, as version \w+ of strict has, got 4 classes/,
    );
    expect(models.find('strict').about.classes).toHaveLength(3);
    expect(models.find('free').about.classes).toHaveLength(4);
  });

  test('of many that are asked for at once, one runs and one follows', async () => {
    const { models, events } = await load();
    replace(unlikely);
    await Promise.all(Array.from({ length: 10 }, () => models.reload('colours')));
    expect(events.slice(1).map(({ type }) => type)).toEqual(['loaded', 'unchanged']);
  });

  test('the models may be closed meanwhile', async () => {
    const { backend, freed } = watchedBackend(() => undefined);
    let loads = 0;
    const { models } = await load([source], {
      backend: () =>
        Promise.resolve({
          ...backend,
          load: async (plan) => {
            loads++;
            return backend.load(plan);
          },
        }),
    });
    replace(unlikely);
    const reload = refusal(models.reload());
    await models.close();
    expect(await reload).toMatch(/^DisposedError: the models were closed/);
    expect(freed).toEqual({ programs: loads, backends: 1 });
    expect(models.ready).toBe(false);
    expect(await refusal(answer(models))).toMatch(/^ServeError: the models are closed/);
    expect(await refusal(models.reload())).toMatch(/^DisposedError/);
  });
});

describe('the end', () => {
  test('with drain what was accepted is finished; without, what waits is refused', async () => {
    for (const drain of [true, false]) {
      const { models } = await load();
      const gate = Promise.withResolvers<undefined>();
      const begun = Promise.withResolvers<undefined>();
      const slow = models.use('colours', async ({ classifier }) => {
        begun.resolve(undefined);
        await gate.promise;
        return (await classifier.classify(picture))[0].class;
      });
      await begun.promise;
      const outcome = refusal(slow);
      const closed = models.close({ drain });
      gate.resolve(undefined);
      expect(await outcome).toMatch(drain ? /^was accepted/ : /^DisposedError/);
      await closed;
    }
  });
});

describe('watch', () => {
  /** A clock whose time passes when the test says so: each call is one look. */
  function clock(): { sleep: Sleep; look: () => Promise<void> } {
    let wake: (() => void) | undefined;
    let asleep = Promise.withResolvers<undefined>();
    return {
      sleep: (_, signal) =>
        new Promise((resolve, reject) => {
          wake = () => {
            resolve(undefined);
          };
          signal.addEventListener('abort', () => {
            reject(new Error('the watch was ended'));
          });
          asleep.resolve(undefined);
        }),
      look: async () => {
        await asleep.promise;
        asleep = Promise.withResolvers();
        wake?.();
        await asleep.promise;
      },
    };
  }

  test('a file that is replaced by a rename is loaded at the second look', async () => {
    const { models, events } = await load();
    const { sleep, look } = clock();
    const stop = models.watch({ sleep });
    await look();
    replace(unlikely);
    await look();
    expect(models.find().version).toBe(v1);
    await look();
    expect(models.find().version).toBe(v2);
    await look();
    expect(events.map(({ type }) => type)).toEqual(['loaded', 'loaded']);
    stop();
  });

  test('one that is still being written is waited for; a bad one is tried again when it changes, not before', async () => {
    const { models, events } = await load();
    const { sleep, look } = clock();
    models.watch({ sleep });
    const whole = readFileSync(unlikely);
    for (const share of [0.3, 0.6, 0.9]) {
      writeFileSync(served, whole.subarray(0, whole.length * share));
      await look();
    }
    expect(events).toHaveLength(1);
    // It stays as it is for longer than one look.
    await look();
    expect(events.at(-1)?.type).toBe('kept');
    for (let more = 0; more < 3; more++) await look();
    expect(events).toHaveLength(2);
    writeFileSync(served, whole);
    await look();
    await look();
    expect(models.find().version).toBe(v2);
  });

  test('a link that leads elsewhere is another file, one that is gone for a moment is waited for', async () => {
    const link = at('link.safetensors');
    symlinkSync(likely, link);
    const { models, events } = await load([{ ...source, weights: link }]);
    const { sleep, look } = clock();
    models.watch({ sleep });
    rmSync(link);
    await look();
    await look();
    expect(events).toHaveLength(1);
    symlinkSync(unlikely, link);
    await look();
    await look();
    expect(models.find().version).toBe(v2);
  });

  test('options of no use are refused', async () => {
    const { models } = await load();
    expect(() => models.watch({ interval: 0 })).toThrow(/interval/);
  });
});
