import type { Plan, PlanBuffer } from '../plan/plan.ts';
import type { Order } from './backend.ts';
import { toChannelsLast, toContiguous } from './channels-last.ts';
import { NamedBuffers } from './named-buffers.ts';

/**
 * `write` and `read` of a `Program` whose memory the host can see: converts between the caller's order and channels-last, as
 * everything is stored.
 */
export class HostBuffers {
  readonly #buffers: NamedBuffers;
  readonly #elements: (buffer: PlanBuffer) => Float32Array;

  /** `elements` gives a buffer's place in the program's memory. */
  constructor(plan: Plan, elements: (buffer: PlanBuffer) => Float32Array) {
    this.#buffers = new NamedBuffers(plan);
    this.#elements = elements;
  }

  write(name: string, data: Float32Array, order: Order): void {
    const buffer = this.#buffers.toWrite(name, data, order);
    if (order === 'channels_last') this.#elements(buffer).set(data);
    else toChannelsLast(data, buffer.shape, this.#elements(buffer));
  }

  read(name: string, order: Order): Float32Array {
    const buffer = this.#buffers.toRead(name, order);
    const stored = this.#elements(buffer);
    // Copied, in either case: out of memory that changes and may be shared, which many APIs refuse.
    return order === 'channels_last' ? stored.slice() : toContiguous(stored, buffer.shape);
  }
}
