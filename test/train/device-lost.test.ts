import { describe, expect, test } from 'vitest';
import type { Backend, Program } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { DeviceLostError } from '../../src/base/errors.ts';
import type { Entry } from '../../src/plan/plan.ts';
import { fit } from '../../src/train/train.ts';
import { seed } from '../support/seed.ts';
import { MemoryStore, runTraining, tinyRun } from '../support/tiny-training.ts';

interface Device {
  readonly backend: Backend;
  /** Programs that are not disposed of. */
  readonly open: () => number;
}

/** A device that goes away in the middle of a run of a step list, the `after`-th of `entry`, and takes all programs with it. */
function fragile(entry: Entry, after: number): Device {
  const reference = createReferenceBackend();
  let runs = 0;
  let open = 0;
  let lost = false;
  const check = (): void => {
    if (lost) throw new DeviceLostError('the GPU was lost: it was reset');
  };
  const load = async (plan: Parameters<Backend['load']>[0]): Promise<Program> => {
    check();
    const program = await reference.load(plan);
    const { write, run, read, dispose } = {
      write: program.write.bind(program),
      run: program.run.bind(program),
      read: program.read.bind(program) as (names: never) => Promise<never>,
      dispose: program.dispose.bind(program),
    };
    open++;
    program.write = (...args) => {
      check();
      write(...args);
    };
    program.read = async (names: never) => {
      await Promise.resolve();
      check();
      return read(names);
    };
    program.run = async (now) => {
      await run(now);
      if (now === entry && ++runs === after) lost = true;
      check();
    };
    program.dispose = (options) => {
      open--;
      return dispose(options);
    };
    return program;
  };
  return { backend: { ...reference, load }, open: () => open };
}

describe.each<[string, Entry, number, number]>([
  ['in the forward and backward pass', 'gradient', 8, 6],
  ['in the update', 'update', 8, 6],
  ['while it validates', 'forward', 1, 3],
])('a device that is lost %s', (_, entry, after, savedStep) => {
  test('ends the run as what it is, with the checkpoint whole', async () => {
    const whole = new MemoryStore();
    await runTraining(tinyRun(seed, { store: whole, checkpointEvery: 3 }));

    const store = new MemoryStore();
    const { backend, open } = fragile(entry, after);
    const lost = await fit(tinyRun(seed, { store, backend, checkpointEvery: 3 })).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(lost).toBeInstanceOf(DeviceLostError);
    expect(lost).toHaveProperty(
      'message',
      `the GPU was lost: it was reset; resume the run, whose checkpoint is that of step ${savedStep}`,
    );
    expect(open(), 'programs that are not disposed of').toBe(0);

    const resume = await store.read('last');
    expect(resume.training?.progress.step).toBe(savedStep);
    // Whoever asks the lost device next hears the same.
    await expect(fit(tinyRun(seed, { recipe: undefined, resume, backend }))).rejects.toThrow(DeviceLostError);
    await runTraining(tinyRun(seed, { store, recipe: undefined, resume, checkpointEvery: 3 }));
    expect(store.bytes('last')).toEqual(whole.bytes('last'));
    expect(store.bytes('best')).toEqual(whole.bytes('best'));
  });
});

test('a run without a store says that it has no checkpoint', async () => {
  const { backend } = fragile('update', 1);
  await expect(fit(tinyRun(seed, { backend }))).rejects.toThrow(
    /^the GPU was lost: it was reset; the run has no checkpoint: begin it again$/,
  );
});
