import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import type { Backend, Order, Program } from '../../src/backends/backend.ts';
import type { Entry } from '../../src/plan/plan.ts';

/** Counts how often the event loop comes round, until it is stopped. */
export function countRounds(): { readonly rounds: () => number; readonly stop: () => void } {
  let rounds = 0;
  let stopped = false;
  const count = (): void => {
    rounds++;
    if (!stopped) setImmediate(count);
  };
  setImmediate(count);
  return {
    rounds: () => rounds,
    stop: () => {
      stopped = true;
    },
  };
}

/** The differences between neighbours. */
export function gaps(values: readonly number[]): number[] {
  return values.slice(1).map((value, i) => value - values[i]);
}

/** A backend that tells of every run before it does it, and counts what is freed. */
export function watchedBackend(onRun: (entry: Entry) => void | Promise<void>): {
  readonly backend: Backend;
  readonly freed: { programs: number; backends: number };
} {
  const backend = createReferenceBackend();
  const freed = { programs: 0, backends: 0 };
  return {
    freed,
    backend: {
      ...backend,
      load: async (plan) => {
        const program = await backend.load(plan);
        const run = program.run.bind(program);
        const dispose = program.dispose.bind(program);
        const read = program.read.bind(program);
        /** What is read after a run comes after it, awaited or not. */
        let ran: Promise<void> = Promise.resolve();
        program.run = (entry) => {
          const running = (async () => {
            await onRun(entry);
            await run(entry);
          })();
          ran = running.catch(() => undefined);
          return running;
        };
        program.read = (async (name: string, order?: Order) => {
          await ran;
          return read(name, order);
        }) as Program['read'];
        program.dispose = (options) => {
          freed.programs++;
          return dispose(options);
        };
        return program;
      },
      dispose: (options) => {
        freed.backends++;
        return backend.dispose(options);
      },
    },
  };
}
