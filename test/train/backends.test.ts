import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, test } from 'vitest';
import type { TrainEvent } from '../../src/train/events.ts';
import { fit } from '../../src/train/train.ts';
import { openBackends } from '../support/backends.ts';
import { seed } from '../support/seed.ts';
import { memoryLoader, MemoryStore, runTraining, tinyRecipe, tinyRun } from '../support/tiny-training.ts';

const kinds = await openBackends();
afterAll(async () => {
  for (const { backends } of kinds) for (const backend of backends) await backend.dispose();
});

setFlagsFromString('--expose-gc');
// The flag gives new contexts a function `gc`; nothing types it.
const collectGarbage = runInNewContext('gc') as () => void;

const recipe = tinyRecipe({ clipNorm: 0.5, ema: { decay: 0.9 }, labelSmoothing: 0.1 });

describe.each(kinds)('$name', ({ backends: all, exact }) => {
  const backends = exact ? all : all.slice(0, 1);
  test('whole runs are the same bit for bit on any number of threads, even if it changes on the way', async () => {
    const stores: MemoryStore[] = [];
    for (const backend of backends) {
      const store = new MemoryStore();
      await runTraining(tinyRun(seed, { backend, store, recipe }));
      stores.push(store);
    }
    const store = new MemoryStore();
    for (let life = 0; ; life++) {
      const backend = backends[life % backends.length];
      const resume = store.files.has('last') ? await store.read('last') : undefined;
      const options = tinyRun(seed, { backend, store, recipe, resume, checkpointEvery: 1 });
      const { result } = await runTraining(options, (_, count) => count > 9);
      if (result !== undefined) break;
    }
    for (const kind of ['best', 'last'] as const) {
      const expected = stores[0].bytes(kind);
      for (const each of [...stores, store])
        expect(each.bytes(kind), `${kind}, seed ${seed}`).toEqual(expected);
    }
  });

  test('learns what the reference learns', async () => {
    const [reference] = kinds[0].backends;
    const expected = lossesOf((await runTraining(tinyRun(seed, { backend: reference, recipe }))).events);
    const losses = lossesOf((await runTraining(tinyRun(seed, { backend: backends[0], recipe }))).events);
    expect(losses).toHaveLength(15);
    // Rounding differs, and training amplifies it; 15 steps of a small network stay together.
    losses.forEach((loss, step) => {
      expect(Math.abs(loss - expected[step]), `step ${step + 1}, seed ${seed}`).toBeLessThan(1e-3);
    });
  });

  test('memory does not grow over 200 steps', async () => {
    const data = { train: memoryLoader({ length: 400, batchSize: 8, seed, training: true }) };
    const used: NodeJS.MemoryUsage[] = [];
    await fit({
      ...tinyRun(seed, { backend: backends[0], data, recipe: tinyRecipe({ epochs: 6 }) }),
      store: new MemoryStore(),
      onEvent: (event) => {
        if (event.type !== 'step' || (event.step !== 100 && event.step !== 300)) return;
        // Arrays are freed on another thread after a collection; the next one begins by waiting for that.
        collectGarbage();
        collectGarbage();
        used.push(process.memoryUsage());
      },
    });
    const [before, after] = used;
    // Every array of numbers counts here; one batch is 1 KiB, so keeping each would take 200 KiB.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(50 * 1024);
    // The engine compiles as it goes, which takes up to 2 MB.
    expect(after.heapUsed - before.heapUsed).toBeLessThan(4e6);
  });
});

function lossesOf(events: readonly TrainEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
}
