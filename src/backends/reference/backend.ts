import type { Node, NodeOf } from '../../graph/node.ts';
import type { OpName } from '../../graph/op-table.ts';
import { sizeOf } from '../../graph/value.ts';
import { entries, type Plan, type PlanBuffer } from '../../plan/plan.ts';
import type { Backend, KernelUse, Program } from '../backend.ts';
import { Programs, type Loaded } from '../host-program.ts';
import type { Tensor } from './kernel.ts';
import { kernels } from './kernels.ts';

/**
 * The specification: plain loops on one thread, sums in double precision. A program lives in one block of memory at the
 * plan's offsets, so that a plan in which two buffers overlap goes wrong here as it would elsewhere.
 */
export function createReferenceBackend(): Backend {
  return new ReferenceBackend();
}

class ReferenceBackend implements Backend {
  readonly name = 'reference';
  readonly threads = 1;
  readonly maxBytes = 2 ** 32;
  readonly #programs = new Programs(this.name);

  workspaceBytes(): number {
    return 0;
  }

  /** One loop for every op. */
  kernelsOf({ steps }: Plan): ReadonlyMap<Node, readonly KernelUse[]> {
    return new Map(
      entries.flatMap((entry) => steps[entry]).map(({ node }) => [node, [{ name: node.op, once: false }]]),
    );
  }

  load(plan: Plan): Promise<Program> {
    return new Promise((resolve) => {
      resolve(this.#programs.add(plan, load(plan)));
    });
  }

  dispose(): Promise<void> {
    this.#programs.dispose();
    return Promise.resolve();
  }
}

function load(plan: Plan): Loaded {
  const memory = new ArrayBuffer(plan.peakBytes);
  const elements = ({ shape, offset }: PlanBuffer) => new Float32Array(memory, offset, sizeOf(shape));
  const tensor = (buffer: PlanBuffer): Tensor => ({ shape: buffer.shape, data: elements(buffer) });
  return {
    elements,
    run(entry) {
      for (const { node, inputs, outputs } of plan.steps[entry])
        compute(node, inputs.map(tensor), outputs.map(tensor));
    },
    release: () => undefined,
  };
}

function compute<K extends OpName>(
  node: NodeOf<K>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  kernels[node.op](node.attrs, inputs, outputs);
}
