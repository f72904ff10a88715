import { rmSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';

import type { Backend } from '../../../src/backends/backend.ts';
import { DeviceLostError, DisposedError } from '../../../src/base/errors.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { ServedModels } from '../../../src/serve/models/served-models.ts';
import { watchedBackend } from '../../support/rounds.ts';
import { green, plain } from '../support/colours.ts';
import {
  answer,
  load,
  opened,
  picture,
  refusal,
  served,
  source,
  unlikely,
  v1,
  v2,
} from '../support/models.ts';

describe('what computes is lost', () => {
  /** A backend that is lost at the next run when it is told so. */
  function fragile(): {
    create: () => Promise<Backend>;
    lose: () => void;
    made: () => number;
    freed: { backends: number };
  } {
    let made = 0;
    let losing = false;
    const freed = { backends: 0 };
    return {
      create: () => {
        made++;
        let lost = false;
        const watched = watchedBackend(() => {
          lost ||= losing;
          losing = false;
          if (lost) throw new DeviceLostError('the GPU was lost: it was reset');
        });
        const { backend } = watched;
        return Promise.resolve({
          ...backend,
          dispose: (options) => {
            freed.backends++;
            return backend.dispose(options);
          },
        });
      },
      lose: () => {
        losing = true;
      },
      made: () => made,
      freed,
    };
  }

  test('it is made again, for all models, and what it computed is computed again, once', async () => {
    const { create, lose, made, freed } = fragile();
    const { models, events } = await load([source, { ...source, weights: unlikely, name: 'inverse' }], {
      backend: create,
    });
    // The weights in service are kept, whatever the file has by now.
    rmSync(served);
    lose();
    let tries = 0;
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => answer(models)),
      ...Array.from({ length: 5 }, () => answer(models, 'inverse')),
      models.use('colours', async ({ classifier }) => {
        tries++;
        return (await classifier.classify(picture))[0].class;
      }),
    ]);
    expect(answers).toEqual([
      ...Array<string>(5).fill(`red ${v1}`),
      ...Array<string>(5).fill(`blue ${v2}`),
      'red',
    ]);
    expect(tries).toBe(2);
    expect(made()).toBe(2);
    expect(
      events
        .slice(2)
        .map(({ type, model }) => `${type} ${model.name}`)
        .sort(),
    ).toEqual(['revived colours', 'revived inverse']);
    await models.close();
    expect(freed.backends).toBe(2);
  });

  test('a second loss is the error of who asked, and not the next one’s', async () => {
    const { create, lose, made } = fragile();
    const { models } = await load([source], { backend: create });
    const twice = models.use('colours', async ({ classifier }) => {
      lose();
      return classifier.classify(picture);
    });
    expect(await refusal(twice)).toBe('DeviceLostError: the GPU was lost: it was reset');
    expect(await answer(models)).toBe(`red ${v1}`);
    expect(made()).toBe(3);
  });

  test('where it cannot be made again, requests get 503 and readiness is false until it can', async () => {
    const { create, lose } = fragile();
    let broken = false;
    const { models, events } = await load([source], {
      backend: () => (broken ? Promise.reject(new Error('no device')) : create()),
    });
    broken = true;
    lose();
    const error: unknown = await answer(models).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 503, code: 'model_down', headers: { 'retry-after': '5' } });
    expect(models.ready).toBe(false);
    expect(events.at(-1)?.type).toBe('down');
    broken = false;
    expect(await answer(models)).toBe(`red ${v1}`);
    expect(models.ready).toBe(true);
  });

  test('a thread that is killed while it serves is replaced', async () => {
    const threads: Worker[] = [];
    const note = (worker: Worker): void => {
      threads.push(worker);
    };
    process.on('worker', note);
    const models = await ServedModels.load([source], { threads: 1, blas: false });
    opened.add(models);
    process.off('worker', note);
    const [engine] = threads;
    const answers = Promise.all(Array.from({ length: 20 }, () => answer(models)));
    await engine.terminate();
    expect(await answers).toEqual(Array<string>(20).fill(`red ${v1}`));
    await engine.terminate();
    expect(await answer(models)).toBe(`red ${v1}`);
    expect((await models.find().classifier.classify(await plain(green)))[0].class).toBe('green');
  });

  /** A backend whose kernels read far outside of their memory in runs for which `traps` says so. */
  async function trapping(traps: () => boolean): Promise<Backend> {
    const backend = await createNodeBackend({ threads: 1, blas: false });
    const load = backend.load.bind(backend);
    backend.load = async (plan) => {
      const program = await load(plan);
      const outside = plan.buffers.map((buffer) => ({ ...buffer, offset: buffer.offset + 2 ** 30 }));
      const steps = Object.entries(plan.steps).map(([entry, own]) => [
        entry,
        own.map((step) => ({ ...step, inputs: step.inputs.map(({ id }) => outside[id]) })),
      ]);
      const astray = await load({ ...plan, steps: Object.fromEntries(steps) as typeof plan.steps });
      const run = program.run.bind(program);
      program.run = (entry) => (traps() ? astray.run(entry) : run(entry));
      return program;
    };
    return backend;
  }

  test('a batch whose kernel traps is computed again by another engine', async () => {
    let trapped = false;
    let made = 0;
    const { models, events } = await load([source], {
      backend: () => {
        made++;
        return trapping(() => trapped && made === 1);
      },
    });
    trapped = true;
    expect(await answer(models)).toBe(`red ${v1}`);
    expect(made).toBe(2);
    expect(events.map(({ type }) => type)).toEqual(['loaded', 'revived']);
  });

  test('and fails if it traps there, too', async () => {
    let runs = Infinity;
    const { models } = await load([source], { backend: () => trapping(() => --runs < 0) });
    // The second engine's trial of the weights is done; then the same batch traps again.
    let tries = 0;
    const twice = models.use('colours', ({ classifier }) => {
      tries++;
      runs = 0;
      return classifier.classify(picture).finally(() => (runs = Infinity));
    });
    expect(await refusal(twice)).toMatch(/^DeviceLostError: kernel "\w+" failed in call \d+ of /);
    expect(tries).toBe(2);
    expect(await answer(models)).toBe(`red ${v1}`);
  });

  test('while nothing is computed, a closed backend is no lost one', async () => {
    const { models } = await load();
    await models.find().classifier.dispose();
    await expect(answer(models)).rejects.toThrow(DisposedError);
  });
});
