import { readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Conv2d } from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { defaultThreads } from '../../src/node/threads.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { announceThread, openPlacement, placementOf } from '../../src/node/placement.ts';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { pictureDataset } from '../../src/data/source.ts';
import { compile, type CompiledModel } from '../../src/session/compile.ts';

/** A machine with processors 2, 3, 5 and 7, on which the caller runs where it is put, and runs last as long as they are told. */
function machine(at: number) {
  const placed: (readonly [thread: number, processors: readonly number[]])[] = [];
  const all = [2, 3, 5, 7];
  const scheduler = {
    at,
    time: 0,
    moved: false,
    now: () => scheduler.time,
    processor: () => scheduler.at,
    mayUse: (processors: readonly number[]) => !scheduler.moved && processors === all,
    place: (thread: number, processors: readonly number[]) => void placed.push([thread, processors]),
  };
  const placement = placementOf(scheduler, all);
  placement.threadIds.set([11, 12, 13]);
  /** What was placed before the run, and after it. */
  const run = ({ work = {}, after = 0, lasting = 5 } = {}) => {
    placed.length = 0;
    scheduler.time += after;
    let before = 0;
    placement.during(work, () => {
      before = placed.length;
      scheduler.time += lasting;
    });
    return { before: placed.slice(0, before), after: placed.slice(before) };
  };
  return { scheduler, placement, placed, run };
}

const everywhere = [0, [2, 3, 5, 7]];

describe('threads of a backend', () => {
  test('get a processor each, the caller the one where it is', () => {
    const { before } = machine(3).run();
    expect(before.filter(([thread]) => thread === 0)).toEqual([[0, [3]]]);
    expect(before.map(([thread]) => thread).sort((a, b) => a - b)).toEqual([0, 11, 12, 13]);
    expect(before.flatMap(([, processors]) => processors).sort((a, b) => a - b)).toEqual([2, 3, 5, 7]);
  });

  test('stay, but for the one whose processor the caller has come to', () => {
    const { scheduler, run } = machine(3);
    const [[worker, home]] = run().before.filter(([, [processor]]) => processor === 5);
    expect(run().before).toEqual([[0, [3]]]);
    scheduler.at = home[0];
    expect(run().before).toEqual([
      [0, [5]],
      [worker, [3]],
    ]);
  });

  test('are left alone where somebody has moved the process', () => {
    const { scheduler, run } = machine(3);
    scheduler.moved = true;
    expect(run()).toEqual({ before: [], after: [] });
    scheduler.moved = false;
    scheduler.at = 4;
    expect(run()).toEqual({ before: [], after: [] });
  });

  test('let the caller go everywhere when a run is over, also if it fails', () => {
    const { placement, placed, run } = machine(7);
    expect(run().after).toEqual([everywhere]);
    expect(run().after).toEqual([everywhere]);
    const failing = () => {
      placement.during(placement, () => {
        throw new Error('trap');
      });
    };
    expect(failing).toThrow('trap');
    expect(placed.at(-1)).toEqual(everywhere);
  });

  test('are not placed for a short run that follows another run at once', () => {
    const { run } = machine(7);
    const [short, long] = [{}, {}];
    expect(run({ work: short, lasting: 0.1 }).before).toHaveLength(4);
    expect(run({ work: short, lasting: 0.1 })).toEqual({ before: [], after: [] });
    expect(run({ work: long, lasting: 5 }).before).toHaveLength(1);
    expect(run({ work: long, lasting: 5 }).before).toHaveLength(1);
    expect(run({ work: short, lasting: 0.1 })).toEqual({ before: [], after: [] });
    // After a pause, and once it has taken long.
    expect(run({ work: short, lasting: 0.1, after: 2 }).before).toHaveLength(1);
    expect(run({ work: short, lasting: 3 }).before).toHaveLength(0);
    expect(run({ work: short, lasting: 0.1 }).before).toHaveLength(1);
  });
});

const allowed = (thread = 'thread-self') =>
  /^Cpus_allowed_list:\t(.*)$/m.exec(
    readFileSync(
      thread === 'thread-self' ? '/proc/thread-self/status' : `/proc/self/task/${thread}/status`,
      'utf8',
    ),
  )?.[1];
const placement = await openPlacement(availableParallelism());
if (placement === undefined) console.warn('SKIPPED: threads are placed on Linux alone, with koffi');

describe.skipIf(placement === undefined)('on this machine', () => {
  test('the calling thread is tied and let go', async () => {
    const before = allowed();
    // No such threads: they cannot be placed, which is no error.
    placement?.threadIds.fill(-1);
    let during: string | undefined;
    placement?.during({}, () => {
      during = allowed();
    });
    expect(during).toMatch(/^\d+$/);
    expect(allowed()).toBe(before);
    const id = new Int32Array(new SharedArrayBuffer(4));
    await announceThread(id);
    expect(allowed(String(id[0]))).toBe(before);
  });

  test('a program with fewer threads than processors leaves the choice to the system', async () => {
    expect(await openPlacement(availableParallelism() + 1)).toBeUndefined();
    expect(await openPlacement(1)).toBeUndefined();
  });
});

// Each of these runs in the same turn of the event loop as a run before it.
describe.skipIf(placement === undefined)('after a run', () => {
  const processors = availableParallelism();
  const free = allowed();
  let backend: Backend;
  let model: CompiledModel;
  const input = new Float32Array(2 * 32 * 32 * 32);
  /** The threads that this process has, by where they may run. */
  const threads = () => new Map(readdirSync('/proc/self/task').map((id) => [id, allowed(id)]));
  /** Where the threads may run that come into being while `start` works. */
  const started = async (start: () => Promise<unknown>) => {
    await model.forward(input);
    const before = threads();
    await start();
    return [...threads()].filter(([id]) => !before.has(id)).map(([, where]) => where);
  };

  beforeAll(async () => {
    backend = await createNodeBackend({ threads: processors });
    model = await compile(new Conv2d(32, 32, 3).initialize(1), { input: [2, 32, 32, 32], backend });
  });
  afterAll(async () => {
    await backend.dispose();
  });

  test('processors are counted right', async () => {
    await model.forward(input);
    expect(availableParallelism()).toBe(processors);
    await model.forward(input);
    expect(defaultThreads()).toBe(Math.min(processors, 16));
    await model.forward(input);
    const other = await createNodeBackend();
    expect(other.description).toMatch(new RegExp(`^${Math.min(processors, 16)} threads?,`));
    await other.dispose();
  });

  test('threads of another backend go everywhere until they are placed', async () => {
    let other: Backend | undefined;
    const where = await started(async () => {
      other = await createNodeBackend({ threads: processors + 1 });
    });
    expect(where.length).toBeGreaterThanOrEqual(processors);
    expect(new Set(where)).toEqual(new Set([free]));
    await other?.dispose();
  });

  test('workers of a loader go everywhere, and so do threads of anybody', async () => {
    const dataset = pictureDataset({
      name: 'grey',
      classes: ['one'],
      labels: new Int32Array(8),
      source: {
        kind: 'memory',
        bytes: new Uint8Array(8 * 64),
        ...{ width: 8, height: 8, channels: 1, layout: 'interleaved' },
        ...{ recordBytes: 64, pixelOffset: 0, rows: Uint32Array.from({ length: 8 }, (_, i) => i) },
      },
      id: (index) => `grey#${index}`,
    });
    const preprocessing = defaultPreprocessing({ channels: 1, imageSize: 8, mean: [0], std: [1] });
    const loader = createLoader(dataset, { batchSize: 4, preprocessing, training: false, workers: 2 });
    const ofLoader = await started(async () => {
      for await (const batch of loader.epoch(0)) expect(batch.size).toBe(4);
    });
    expect(ofLoader.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ofLoader)).toEqual(new Set([free]));
    await loader.dispose();

    let worker: Worker | undefined;
    const ofOthers = await started(
      () =>
        new Promise((resolve) => {
          worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
          worker.once('online', resolve);
        }),
    );
    expect(ofOthers.length).toBeGreaterThanOrEqual(1);
    expect(new Set(ofOthers)).toEqual(new Set([free]));
    await worker?.terminate();
  });
});
