import { describe, expect, test } from 'vitest';
import type { Backend, Program } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { untilAborted } from '../../src/base/until-aborted.ts';
import type { BatchLoader } from '../../src/data/dataset.ts';
import { seed } from '../support/seed.ts';
import { MemoryStore, memoryLoader, runTraining, tinyRecipe, tinyRun } from '../support/tiny-training.ts';

/** Two epochs of five steps of four micro-batches, with everything that a step changes. */
const recipe = tinyRecipe({ epochs: 2, accumulate: 4, clipNorm: 0.5, ema: { decay: 0.9 } });

/** A backend that tells of every run of a step list before it begins. */
function watched(onRun: (entry: string) => void): Backend {
  const backend = createReferenceBackend();
  const load: Backend['load'] = async (plan) => {
    const program: Program = await backend.load(plan);
    const run = program.run.bind(program);
    program.run = (entry) => {
      onRun(entry);
      return run(entry);
    };
    return program;
  };
  return {
    ...backend,
    load,
    workspaceBytes: (node) => backend.workspaceBytes(node),
    dispose: () => backend.dispose(),
  };
}

describe('a signal that comes in a micro-batch', () => {
  test('gives up the step, and the run that goes on is to the byte the one that was never interrupted', async () => {
    const whole = new MemoryStore();
    await runTraining(tinyRun(seed, { store: whole, recipe }));
    // What each step leaves, to hold an interrupted one against.
    const after = new Map<number, Uint8Array>();
    const each = new MemoryStore();
    await runTraining(tinyRun(seed, { store: each, recipe, checkpointEvery: 1 }), (event) => {
      if (event.type === 'checkpoint' && event.kind === 'last' && event.step % 5 !== 0)
        after.set(event.step, each.bytes('last'));
      return false;
    });

    for (let micro = 1; micro <= 40; micro++) {
      const store = new MemoryStore();
      const controller = new AbortController();
      let begun = 0;
      const backend = watched((entry) => {
        if (entry === 'gradient' && ++begun === micro) controller.abort();
      });
      const { result } = await runTraining(
        tinyRun(seed, { store, recipe, backend, signal: controller.signal }),
      );
      const note = `in micro-batch ${micro}, seed ${seed}`;
      expect(result?.reason, note).toBe('interrupted');
      // Not one more is computed; a step whose last micro-batch it is comes to its end.
      expect(begun, note).toBe(micro);
      const step = Math.floor(micro / 4);
      expect((await store.read('last')).training?.progress.step, note).toBe(step);
      const expected = after.get(step);
      if (expected !== undefined) expect(store.bytes('last'), note).toEqual(expected);
      await runTraining(tinyRun(seed, { store, recipe: undefined, resume: await store.read('last') }));
      for (const kind of ['last', 'best'] as const) {
        expect(store.bytes(kind), `${kind}, ${note}`).toEqual(whole.bytes(kind));
      }
    }
  });

  test('in validation, no further batch is evaluated, and the epoch is not done again', async () => {
    const whole = new MemoryStore();
    await runTraining(tinyRun(seed, { store: whole, recipe }));
    const store = new MemoryStore();
    const controller = new AbortController();
    let evaluated = 0;
    const backend = watched((entry) => {
      if (entry === 'forward' && ++evaluated === 2) controller.abort();
    });
    const { result } = await runTraining(
      tinyRun(seed, { store, recipe, backend, signal: controller.signal }),
    );
    expect(result?.reason).toBe('interrupted');
    expect(evaluated).toBe(2);
    expect((await store.read('last')).training?.progress).toMatchObject({ epoch: 0, batch: 5, step: 5 });
    const { events } = await runTraining(
      tinyRun(seed, { store, recipe: undefined, resume: await store.read('last') }),
    );
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(5);
    expect(store.bytes('last')).toEqual(whole.bytes('last'));
  });

  test('while pictures are waited for, it does not wait for them', async () => {
    const store = new MemoryStore();
    const controller = new AbortController();
    const loader = memoryLoader({ length: 43, batchSize: 8, seed, training: true });
    const stuck: BatchLoader = {
      ...loader,
      async *epoch(epoch, startBatch = 0) {
        let given = 0;
        for await (const batch of loader.epoch(epoch, startBatch)) {
          if (++given === 3) {
            controller.abort();
            await new Promise(() => undefined);
          }
          yield batch;
        }
      },
    };
    const { result } = await runTraining({
      ...tinyRun(seed, { store, signal: controller.signal }),
      data: { train: stuck },
    });
    expect(result?.reason).toBe('interrupted');
    expect((await store.read('last')).training?.progress.step).toBe(2);
  });
});

test('a source that is left, for whatever reason, is told so', async () => {
  for (const leave of ['break', 'abort', 'throw'] as const) {
    const controller = new AbortController();
    let ended = false;
    async function* numbers(): AsyncGenerator<number, void, undefined> {
      try {
        for (let n = 0; ; n++) yield await Promise.resolve(n);
      } finally {
        ended = true;
      }
    }
    const left = (async () => {
      for await (const n of untilAborted(numbers(), controller.signal)) {
        if (n < 2) continue;
        if (leave === 'break') return 'left';
        if (leave === 'throw') throw new Error('thrown');
        controller.abort(new Error('aborted'));
      }
      return 'over';
    })();
    if (leave === 'break') expect(await left).toBe('left');
    else await expect(left).rejects.toThrow(leave === 'throw' ? 'thrown' : 'aborted');
    expect(ended, leave).toBe(true);
  }
});

describe('checkpoints by the clock', () => {
  /** Steps at which a run was saved in the middle of an epoch, if each step takes so many seconds and saving so many. */
  async function savedAt(seconds: { step: number; save: number }, minutes?: number): Promise<number[]> {
    let now = 0;
    const store = new MemoryStore();
    const save = store.save.bind(store);
    store.save = (kind, bytes) => {
      now += 1000 * seconds.save;
      return save(kind, bytes);
    };
    const options = {
      ...tinyRun(seed, {
        recipe: tinyRecipe({ epochs: 1, batchSize: 2 }),
        store,
        checkpointMinutes: minutes,
      }),
      now: () => now,
    };
    const { events } = await runTraining(options, (event) => {
      if (event.type === 'step') now += 1000 * seconds.step;
      return false;
    });
    return events.flatMap((event) =>
      event.type === 'checkpoint' && event.kind === 'last' && event.step % 21 !== 0 ? [event.step] : [],
    );
  }

  test('come every five minutes, or as it is asked for, after the end of the last one', async () => {
    expect(await savedAt({ step: 60, save: 0 })).toEqual([5, 10, 15, 20]);
    expect(await savedAt({ step: 60, save: 0 }, 7)).toEqual([7, 14]);
    expect(await savedAt({ step: 60, save: 0 }, 0.5)).toHaveLength(20);
    expect(await savedAt({ step: 60, save: 0 }, 0)).toEqual([]);
    expect(await savedAt({ step: 10, save: 0 })).toEqual([]);
  });

  test('take a twentieth of the time at most, on however slow a disk', async () => {
    // The first, before the first step, took 30 s: 570 s of training follow.
    expect(await savedAt({ step: 60, save: 30 })).toEqual([10, 20]);
    expect(await savedAt({ step: 60, save: 600 })).toEqual([]);
  });

  test('one that is due when an epoch ends does not wait for its validation', async () => {
    let now = 0;
    const store = new MemoryStore();
    const { events } = await runTraining(
      { ...tinyRun(seed, { recipe: tinyRecipe({ epochs: 1 }), store }), now: () => now },
      (event) => {
        if (event.type === 'step' && event.stepInEpoch === 4) now += 400_000;
        return false;
      },
    );
    expect(events.map(({ type }) => type).slice(-6)).toEqual([
      ...['step', 'checkpoint', 'epoch', 'checkpoint', 'checkpoint', 'end'],
    ]);
  });
});
