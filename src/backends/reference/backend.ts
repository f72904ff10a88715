import { CardinalError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { NodeOf } from '../../graph/node.ts';
import type { OpName } from '../../graph/op-table.ts';
import { sizeOf, formatShape } from '../../graph/value.ts';
import type { Entry, Plan, PlanBuffer } from '../../plan/plan.ts';
import type { Backend, Order, Program } from '../backend.ts';
import { toChannelsLast, toContiguous } from '../order.ts';
import type { Tensor } from './kernel.ts';
import { kernels } from './kernels.ts';

/**
 * The specification: plain loops on one thread, sums in double precision. A program lives in one block of memory at the
 * plan's offsets, so that a plan in which two buffers overlap goes wrong here as it would elsewhere.
 */
export function createReferenceBackend(): Backend {
  return {
    name: 'reference',
    threads: 1,
    maxBytes: 2 ** 32,
    workspaceBytes: () => 0,
    load: (plan) => Promise.resolve(new ReferenceProgram(plan)),
    dispose: () => Promise.resolve(),
  };
}

class ReferenceProgram implements Program {
  readonly plan: Plan;
  #memory: ArrayBuffer;
  readonly #buffers: ReadonlyMap<string, PlanBuffer>;

  constructor(plan: Plan) {
    this.plan = plan;
    this.#memory = new ArrayBuffer(plan.peakBytes);
    this.#buffers = new Map(
      plan.buffers.filter(({ role }) => role !== 'workspace').map((buffer) => [buffer.name, buffer]),
    );
  }

  write(name: string, data: Float32Array, order: Order = 'contiguous'): void {
    const buffer = this.#named(name);
    if (data.length !== sizeOf(buffer.shape)) {
      throw new CardinalError(
        `buffer "${name}" of plan "${this.plan.name}" has ${formatShape(buffer.shape)} = ${sizeOf(buffer.shape)} ` +
          `elements, got ${data.length}; write all of them at once`,
      );
    }
    const stored = order === 'contiguous' ? toChannelsLast(data, buffer.shape) : data;
    this.#tensor(buffer).data.set(stored);
  }

  read(name: string, order: Order = 'contiguous'): Promise<Float32Array> {
    const { data, shape } = this.#tensor(this.#named(name));
    return Promise.resolve(order === 'contiguous' ? toContiguous(data, shape) : data.slice());
  }

  run(entry: Entry): Promise<void> {
    for (const { node, inputs, outputs } of this.plan.steps[entry]) {
      compute(
        node,
        inputs.map((buffer) => this.#tensor(buffer)),
        outputs.map((buffer) => this.#tensor(buffer)),
      );
    }
    return Promise.resolve();
  }

  dispose(): void {
    this.#memory = new ArrayBuffer(0);
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

  #tensor({ shape, offset }: PlanBuffer): Tensor {
    return { shape, data: new Float32Array(this.#memory, offset, sizeOf(shape)) };
  }
}

function compute<K extends OpName>(
  node: NodeOf<K>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  kernels[node.op](node.attrs, inputs, outputs);
}
