import type { NodeOf } from '../../graph/node.ts';
import type { OpName } from '../../graph/op-table.ts';
import { sizeOf } from '../../graph/value.ts';
import { entries, type Entry, type Plan, type PlanBuffer } from '../../plan/plan.ts';
import type { Backend, Order, Program } from '../backend.ts';
import { HostBuffers } from '../host-buffers.ts';
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
    // One loop for every op.
    kernelsOf: ({ steps }) =>
      new Map(
        entries.flatMap((entry) => steps[entry]).map(({ node }) => [node, [{ name: node.op, once: false }]]),
      ),
    load: (plan) => Promise.resolve(new ReferenceProgram(plan)),
    dispose: () => Promise.resolve(),
  };
}

class ReferenceProgram implements Program {
  readonly plan: Plan;
  #memory: ArrayBuffer;
  readonly #buffers: HostBuffers;

  constructor(plan: Plan) {
    this.plan = plan;
    this.#memory = new ArrayBuffer(plan.peakBytes);
    this.#buffers = new HostBuffers(plan, (buffer) => this.#tensor(buffer).data);
  }

  write(name: string, data: Float32Array, order?: Order): void {
    this.#buffers.write(name, data, order);
  }

  read(name: string, order?: Order): Promise<Float32Array> {
    return Promise.resolve(this.#buffers.read(name, order));
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
