import { afterAll, describe, expect, test } from 'vitest';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU, Sequential } from '../../src/nn/index.ts';
import type { Module } from '../../src/nn/index.ts';
import type { StartEvent, TrainEvent } from '../../src/train/events.ts';
import { openBackends } from '../support/backends.ts';
import { seed } from '../support/seed.ts';
import {
  classes,
  limitedBackend,
  MemoryStore,
  runTraining,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

const recipe = tinyRecipe({ epochs: 2, clipNorm: 0.5, ema: { decay: 0.9 }, accumulate: 2 });

/** Deep enough that recomputing pays. */
function deepModel(): Module {
  const block = (channels: number) => [
    new Conv2d(channels, 8, 3, { padding: 1 }),
    new BatchNorm2d(8),
    new ReLU(),
    new Dropout(0.1),
  ];
  return new Sequential(
    ...[2, 8, 8, 8, 8, 8].flatMap(block),
    new Flatten(),
    new Linear(8 * 16, classes.length),
  );
}

const deepRun = (changes: Parameters<typeof tinyRun>[1]) =>
  tinyRun(seed, { network: tinyNetwork(seed, deepModel()), recipe, ...changes });
const startOf = (events: readonly TrainEvent[]): StartEvent => {
  const [event] = events;
  if (event.type !== 'start') throw new Error('expected the run to begin with its start');
  return event;
};

describe.each(kinds)('$name', ({ backends }) => {
  const backend = backends[backends.length - 1];

  test('a run is the same with the option, without it, and if it changes where the run is continued', async () => {
    const best = [];
    for (const checkpointActivations of [false, true]) {
      const store = new MemoryStore();
      const { events } = await runTraining(deepRun({ backend, store, checkpointActivations }));
      const { programBytes, keepingAllBytes } = startOf(events);
      if (checkpointActivations) expect(programBytes).toBeLessThan(keepingAllBytes ?? 0);
      else expect(keepingAllBytes).toBeUndefined();
      expect((await store.read('last')).training?.checkpointActivations).toBe(
        checkpointActivations || undefined,
      );
      best.push(store.bytes('best'));
    }
    const store = new MemoryStore();
    const used: boolean[] = [];
    for (let life = 0; ; life++) {
      const resume = store.files.has('last') ? await store.read('last') : undefined;
      // Asked for at first, then as it was, then not any more, then as it was.
      const checkpointActivations = [true, undefined, false, undefined][life];
      const options = deepRun({ backend, store, resume, checkpointEvery: 1, checkpointActivations });
      const { events, result } = await runTraining(options, (_, count) => count > 6);
      used.push(startOf(events).keepingAllBytes !== undefined);
      if (result !== undefined) break;
    }
    expect(used.slice(0, 4)).toEqual([true, true, false, false]);
    best.push(store.bytes('best'));
    for (const bytes of best) expect(bytes, `seed ${seed}`).toEqual(best[0]);
  });
});

test('a batch that does not fit is told that it would, if activations were recomputed', async () => {
  const { events } = await runTraining(deepRun({ checkpointActivations: true }));
  const { programBytes, keepingAllBytes } = startOf(events);
  const backend = limitedBackend(Math.floor((programBytes + (keepingAllBytes ?? 0)) / 2));
  const store = new MemoryStore();
  await runTraining(deepRun({ store, checkpointActivations: true }));
  const resume = await store.read('last');
  await expect(runTraining(deepRun({ backend, resume, checkpointActivations: false }))).rejects.toThrow(
    /training on 4 pictures at once takes .*; with checkpointed activations all of them do \(/,
  );
});
