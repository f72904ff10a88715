import type { NodeOf } from '../../graph/node.ts';
import type { OpName } from '../../graph/op-table.ts';
import { sizeOf } from '../../base/shape.ts';
import { entries, type Plan, type PlanBuffer } from '../../plan/plan.ts';
import { Disposal } from '../../base/disposal.ts';
import type { Backend } from '../backend.ts';
import { plainTarget } from '../cpu.ts';
import { Programs, type Loaded } from '../host-program.ts';
import type { Tensor } from './kernel.ts';
import { kernels } from './kernels.ts';

/**
 * A slow backend that runs everywhere and is the specification for all others: plain loops on one thread, sums in
 * double precision. A program lives in one block of memory at the plan's offsets, so a plan in which two buffers
 * overlap fails here as it would elsewhere. `most` limits the bytes of a program; default: 4 GiB.
 */
export function createReferenceBackend(most = Infinity): Backend {
  const name = 'reference';
  const programs = new Programs(name);
  const disposal = new Disposal({
    drain: () => programs.drain(),
    cut: () => programs.cutOff(),
    free: () => Promise.resolve(),
  });
  return {
    name,
    description: '1 thread, reference loops',
    numerics: { multiplyAdd: 'double' },
    ...plainTarget,
    maxBytes: Math.min(most, plainTarget.maxBytes),
    // One loop for every op.
    kernelsOf: ({ steps }) =>
      new Map(
        entries.flatMap((entry) => steps[entry]).map(({ node }) => [node, [{ name: node.op, once: false }]]),
      ),
    load: (plan) =>
      new Promise((resolve) => {
        resolve(programs.add(plan, load(plan)));
      }),
    dispose: (options) => disposal.ask(options),
  };
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
    release: () => Promise.resolve(),
  };
}

function compute<K extends OpName>(
  node: NodeOf<K>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  kernels[node.op](node.attrs, inputs, outputs);
}
