import { expect, test } from 'vitest';
import type { Backend, Program } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { seed } from '../support/seed.ts';
import type { Batch } from '../../src/data/dataset.ts';
import {
  classes,
  memoryLoader,
  MemoryStore,
  runTraining,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

/** A backend that notes which buffers each `read` asks for: every one of them is a trip to a device. */
function watched(trips: string[][], backend: Backend = createReferenceBackend()): Backend {
  const load = async (plan: Parameters<Backend['load']>[0]): Promise<Program> => {
    const program = await backend.load(plan);
    const read = program.read.bind(program) as (names: never) => Promise<never>;
    program.read = (names: never) => {
      trips.push(typeof names === 'string' ? [names] : [...(names as string[])]);
      return read(names);
    };
    return program;
  };
  return { ...backend, load };
}

test('a step reads once for each micro-batch and once for the norm, a checkpoint once', async () => {
  const trips: string[][] = [];
  const recipe = tinyRecipe({ epochs: 1, accumulate: 2, clipNorm: 1, ema: { decay: 0.9 } });
  const data = { ...tinyRun(seed, { recipe }).data, validation: undefined };
  await runTraining(tinyRun(seed, { store: new MemoryStore(), backend: watched(trips), recipe, data }));
  const reading = (name: string): number => trips.filter((names) => names.includes(name)).length;
  expect(reading('loss')).toBe(5 * 2);
  expect(reading('gradient_norm')).toBe(5);
  // Before the first step, at the end of the epoch, and for the network itself at the end of the run.
  const snapshots = trips.filter((names) => names.includes('0.weight'));
  expect(snapshots).toHaveLength(3);
  for (const names of snapshots)
    expect(names).toEqual(expect.arrayContaining(['velocity.0.weight', 'ema.0.weight']));
  expect(trips).toHaveLength(5 * 2 + 5 + 3);
});

/** Every second picture is of a class that its target knows nothing of, as a mixed one may nearly be. */
function mixed({ labels }: Batch): void {
  labels.forEach((label, row) => {
    if (row % 2 === 1) labels[row] = (label + 1) % classes.length;
  });
}

test.each([1, 2])(
  'hits that the device counts are those of the host (%i micro-batches)',
  async (accumulate) => {
    // A network of some seeds hits nothing for an epoch and more.
    const recipe = tinyRecipe({ epochs: 6, accumulate, labelSmoothing: 0.1 });
    const run = async (supports: Backend['supports']) => {
      const trips: string[][] = [];
      const backend = watched(trips, { ...createReferenceBackend(), supports });
      const train = memoryLoader({ length: 43, batchSize: 8, seed, training: true, tamper: mixed });
      const store = new MemoryStore();
      const { events } = await runTraining(
        tinyRun(seed, { backend, recipe, store, data: { train, validation: undefined } }),
      );
      const shares = events.flatMap((event) => (event.type === 'step' ? [[event.top1, event.loss]] : []));
      return { shares, last: store.bytes('last'), trips: trips.filter((names) => names.includes('loss')) };
    };
    const device = await run(() => true);
    const host = await run(({ op }) => op !== 'top1_hits');
    expect(device.trips).toEqual(Array(30 * accumulate).fill(['loss', 'hits']));
    expect(host.trips).toEqual(Array(30 * accumulate).fill(['loss', 'logits']));
    expect(device.shares).toEqual(host.shares);
    expect(new Set(device.shares.map(([top1]) => top1)).size).toBeGreaterThan(2);
    expect(Buffer.compare(device.last, host.last)).toBe(0);
  },
);
