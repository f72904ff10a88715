import { CardinalError, messageOf } from '../../base/errors.ts';
import { sizeOf } from '../../graph/value.ts';
import { entries } from '../../plan/plan.ts';
import type { Entry, Plan } from '../../plan/plan.ts';
import type { Order, Program } from '../backend.ts';
import { HostBuffers } from '../host-buffers.ts';
import { PLAN_ADDRESS } from './call.ts';
import type { CallList } from './walk.ts';

/** What a program needs of its backend. */
export interface Runner {
  /** Runs a list on all threads. Throws a `CardinalError` that names the kernel if one traps. */
  run(list: CallList, entry: number): void;
  release(): void;
}

/** A plan in one WebAssembly memory, with the call lists linked for the main thread. */
export class WasmProgram implements Program {
  readonly plan: Plan;
  #memory: WebAssembly.Memory | undefined;
  #lists: readonly CallList[];
  readonly #runner: Runner;
  readonly #buffers: HostBuffers;

  constructor(plan: Plan, memory: WebAssembly.Memory, lists: readonly CallList[], runner: Runner) {
    this.plan = plan;
    this.#memory = memory;
    this.#lists = lists;
    this.#runner = runner;
    this.#buffers = new HostBuffers(
      plan,
      ({ offset, shape }) => new Float32Array(this.#ready().buffer, PLAN_ADDRESS + offset, sizeOf(shape)),
    );
  }

  write(name: string, data: Float32Array, order?: Order): void {
    this.#buffers.write(name, data, order);
  }

  read(name: string, order?: Order): Promise<Float32Array> {
    return Promise.resolve(this.#buffers.read(name, order));
  }

  run(entry: Entry): Promise<void> {
    try {
      this.#ready();
      const index = entries.indexOf(entry);
      this.#runner.run(this.#lists[index], index);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new CardinalError(messageOf(error)));
    }
  }

  dispose(): void {
    if (this.#memory === undefined) return;
    this.#memory = undefined;
    // Kernels hold on to the memory too.
    this.#lists = [];
    this.#runner.release();
  }

  #ready(): WebAssembly.Memory {
    if (this.#memory === undefined) {
      throw new CardinalError(`plan "${this.plan.name}" was disposed of; load it again to use it`);
    }
    return this.#memory;
  }
}
