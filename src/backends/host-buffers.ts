import { CardinalError } from '../base/errors.ts';
import { requireFloats } from '../base/floats.ts';
import { nearest } from '../base/nearest.ts';
import { checkKind, text } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import { formatShape } from '../graph/value.ts';
import type { Plan, PlanBuffer } from '../plan/plan.ts';
import type { Order } from './backend.ts';
import { toChannelsLast, toContiguous } from './channels-last.ts';

/**
 * `write` and `read` of a `Program` whose memory the host can see: finds buffers by name, checks sizes, and converts
 * between the caller's order and channels-last, as everything is stored.
 */
export class HostBuffers {
  readonly #plan: Plan;
  readonly #elements: (buffer: PlanBuffer) => Float32Array;
  readonly #buffers: ReadonlyMap<string, PlanBuffer>;

  /** `elements` gives a buffer's place in the program's memory. */
  constructor(plan: Plan, elements: (buffer: PlanBuffer) => Float32Array) {
    this.#plan = plan;
    this.#elements = elements;
    const named = plan.buffers.filter(({ role }) => role !== 'workspace');
    this.#buffers = new Map(named.map((buffer) => [buffer.name, buffer]));
  }

  write(name: string, data: Float32Array, order: Order = 'contiguous'): void {
    const buffer = this.#named(name);
    const { shape } = buffer;
    requireFloats(data, `buffer "${name}" of plan "${this.#plan.name}"`);
    requireOrder(order);
    if (data.length !== sizeOf(shape)) {
      throw new CardinalError(
        `buffer "${name}" of plan "${this.#plan.name}" has ${formatShape(shape)} = ${sizeOf(shape)} elements, ` +
          `got ${data.length}; write all of them at once`,
      );
    }
    if (order === 'channels_last') this.#elements(buffer).set(data);
    else toChannelsLast(data, shape, this.#elements(buffer));
  }

  read(name: string, order: Order = 'contiguous'): Float32Array {
    const buffer = this.#named(name);
    requireOrder(order);
    const stored = this.#elements(buffer);
    // Copied, in either case: out of memory that changes and may be shared, which many APIs refuse.
    return order === 'channels_last' ? stored.slice() : toContiguous(stored, buffer.shape);
  }

  #named(name: string): PlanBuffer {
    checkKind(`plan "${this.#plan.name}"`, 'the name of a buffer', name, text);
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) {
      const similar = nearest(name, [...this.#buffers.keys()]).join(', ');
      throw new CardinalError(
        `plan "${this.#plan.name}" has no buffer "${name}"; the nearest names are ${similar}`,
      );
    }
    return buffer;
  }
}

function requireOrder(order: unknown): void {
  if (order === 'contiguous' || order === 'channels_last') return;
  throw new CardinalError(`expected the order contiguous or channels_last, got ${String(order)}`);
}
