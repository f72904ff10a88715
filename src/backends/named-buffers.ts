import { CardinalError } from '../base/errors.ts';
import { requireFloats } from '../base/floats.ts';
import { nearest } from '../base/nearest.ts';
import { checkKind, text } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import { formatShape } from '../graph/value.ts';
import type { Plan, PlanBuffer } from '../plan/plan.ts';
import type { Order } from './backend.ts';

/** A plan's buffers as callers know them, by name, and what they may ask of them: the same wherever the memory is. */
export class NamedBuffers {
  readonly #plan: Plan;
  readonly #buffers: ReadonlyMap<string, PlanBuffer>;

  constructor(plan: Plan) {
    this.#plan = plan;
    const named = plan.buffers.filter(({ role }) => role !== 'workspace');
    this.#buffers = new Map(named.map((buffer) => [buffer.name, buffer]));
  }

  /** The buffer into which `data` is to be written. Throws a `CardinalError` if there is none, or it has another size. */
  toWrite(name: string, data: Float32Array, order: Order): PlanBuffer {
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
    return buffer;
  }

  /** The buffer that is to be read. Throws a `CardinalError` if there is none. */
  toRead(name: string, order: Order): PlanBuffer {
    const buffer = this.#named(name);
    requireOrder(order);
    return buffer;
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
