import { expect, test } from 'vitest';
import type { Backend, Program } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { seed } from '../support/seed.ts';
import { MemoryStore, runTraining, tinyRecipe, tinyRun } from '../support/tiny-training.ts';

/** A backend that notes which buffers each `read` asks for: every one of them is a trip to a device. */
function watched(trips: string[][]): Backend {
  const backend = createReferenceBackend();
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
