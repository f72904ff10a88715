import { CardinalError } from '../base/errors.ts';
import { type Entry, type Plan, type PlanBuffer } from '../plan/plan.ts';
import type { Program } from './backend.ts';
import { HostBuffers } from './host-buffers.ts';
import { ServedPrograms, type Loaded as Served } from './served-program.ts';

/** What a device holds of a program whose memory the host can see. Nothing else may keep its memory. */
export interface Loaded {
  /** A buffer's place in the program's memory. */
  elements(buffer: PlanBuffer): Float32Array;
  /** Runs one of the plan's step lists to its end; gives a promise where other ranks are waited for in the background. */
  run(entry: Entry): void | Promise<void>;
  /** Tells the device that the program is not needed any more; resolves when none of its threads has it. */
  release(): Promise<void>;
}

/**
 * The programs of a backend whose memory the host can see and whose runs are over when they return, unless they wait for other ranks. Such memory is not lost by itself:
 * of a `DeviceLostError` they know nothing, and pass on what `Loaded.run` throws.
 */
export class Programs extends ServedPrograms {
  /** @throws {DisposedError} as `check`. */
  add(plan: Plan, loaded: Loaded): Program {
    return this.serve(plan, inHostMemory(plan, loaded));
  }
}

function inHostMemory(plan: Plan, loaded: Loaded): Served {
  const buffers = new HostBuffers(plan, (buffer) => loaded.elements(buffer));
  let isWaiting = false;
  const check = (): void => {
    if (!isWaiting) return;
    throw new CardinalError(`plan "${plan.name}" waits for other ranks: await its run before anything else`);
  };
  return {
    write: (name, data, order) => {
      check();
      buffers.write(name, data, order);
    },
    read: (names, order) =>
      settle(() => {
        check();
        return names.map((name) => buffers.read(name, order));
      }),
    run: (entry) =>
      settle(() => {
        check();
        const waiting = loaded.run(entry);
        if (waiting === undefined) return;
        isWaiting = true;
        return waiting.finally(() => (isWaiting = false));
      }),
    release: () => loaded.release(),
  };
}

/** What was thrown becomes a promise that rejects with it. */
function settle<T>(work: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
