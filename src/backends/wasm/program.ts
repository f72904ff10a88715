import { CardinalError, messageOf } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { formatShape, sizeOf } from '../../graph/value.ts';
import { entries } from '../../plan/plan.ts';
import type { Entry, Plan, PlanBuffer } from '../../plan/plan.ts';
import type { Order, Program } from '../backend.ts';
import { toChannelsLast, toContiguous } from '../order.ts';
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
  readonly #buffers: ReadonlyMap<string, PlanBuffer>;

  constructor(plan: Plan, memory: WebAssembly.Memory, lists: readonly CallList[], runner: Runner) {
    this.plan = plan;
    this.#memory = memory;
    this.#lists = lists;
    this.#runner = runner;
    const named = plan.buffers.filter(({ role }) => role !== 'workspace');
    this.#buffers = new Map(named.map((buffer) => [buffer.name, buffer]));
  }

  write(name: string, data: Float32Array, order: Order = 'contiguous'): void {
    const buffer = this.#named(name);
    if (data.length !== sizeOf(buffer.shape)) {
      throw new CardinalError(
        `buffer "${name}" of plan "${this.plan.name}" has ${formatShape(buffer.shape)} = ` +
          `${sizeOf(buffer.shape)} elements, got ${data.length}; write all of them at once`,
      );
    }
    this.#elements(buffer).set(hasOneOrder(buffer, order) ? data : toChannelsLast(data, buffer.shape));
  }

  read(name: string, order: Order = 'contiguous'): Promise<Float32Array> {
    const buffer = this.#named(name);
    // Copied out of shared memory, which many APIs refuse.
    const stored = this.#elements(buffer).slice();
    return Promise.resolve(hasOneOrder(buffer, order) ? stored : toContiguous(stored, buffer.shape));
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

  #named(name: string): PlanBuffer {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) {
      const similar = nearest(name, [...this.#buffers.keys()]).join(', ');
      throw new CardinalError(
        `plan "${this.plan.name}" has no buffer "${name}"; the nearest names are ${similar}`,
      );
    }
    return buffer;
  }

  #elements({ offset, shape }: PlanBuffer): Float32Array {
    return new Float32Array(this.#ready().buffer, PLAN_ADDRESS + offset, sizeOf(shape));
  }

  #ready(): WebAssembly.Memory {
    if (this.#memory === undefined) {
      throw new CardinalError(`plan "${this.plan.name}" was disposed of; load it again to use it`);
    }
    return this.#memory;
  }
}

/** Whether data in `order` lies as the buffer is stored, so that no conversion is needed. */
function hasOneOrder({ shape }: PlanBuffer, order: Order): boolean {
  if (order === 'channels_last' || shape.length !== 4) return true;
  const [, channels, height, width] = shape;
  return channels === 1 || height * width === 1;
}
