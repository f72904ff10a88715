import type { NodeOf } from '../../graph/node.ts';
import type { OpName } from '../../graph/op-table.ts';
import { sizeOf } from '../../base/shape.ts';
import type { Plan, PlanBuffer } from '../../plan/plan.ts';
import { Disposal } from '../../base/disposal.ts';
import type { Backend } from '../backend.ts';
import type { Communicator } from '../communicator.ts';
import { plainTarget } from '../cpu.ts';
import { Programs, type Loaded } from '../host-program.ts';
import { checkRanks, communicates, inTurn, Reductions } from '../reductions.ts';
import type { Tensor } from './kernel.ts';
import { kernels } from './kernels.ts';

/**
 * A slow backend that runs everywhere and is the specification for all others: plain loops on one thread, sums in
 * double precision. A program lives in one block of memory at the plan's offsets, so a plan in which two buffers
 * overlap fails here as it would elsewhere. `most` limits the bytes of a program; default: 4 GiB. `communicator` is for programs that
 * train together with those of other ranks.
 */
export function createReferenceBackend(most = Infinity, communicator?: Communicator): Backend {
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
    ranks: communicator && { rank: communicator.rank, size: communicator.size },
    ...plainTarget,
    maxBytes: Math.min(most, plainTarget.maxBytes),
    // One loop for every op.
    kernelsOf: ({ steps }) =>
      new Map(
        Object.values(steps)
          .flat()
          .map(({ node }) => [node, [{ name: node.op, once: false }]]),
      ),
    load: (plan) =>
      new Promise((resolve) => {
        resolve(programs.add(plan, load(plan, communicator)));
      }),
    dispose: (options) => disposal.ask(options),
  };
}

function load(plan: Plan, communicator: Communicator | undefined): Loaded {
  checkRanks(plan, communicator);
  const memory = new ArrayBuffer(plan.peakBytes);
  const elements = ({ shape, offset }: PlanBuffer) => new Float32Array(memory, offset, sizeOf(shape));
  const tensor = (buffer: PlanBuffer): Tensor => ({ shape: buffer.shape, data: elements(buffer) });
  const reductions = new Reductions(communicator, (from, length) => new Float32Array(memory, from, length));
  return {
    elements,
    run: (entry) =>
      inTurn(plan.steps[entry], (step) => {
        if (communicates(step)) return reductions.do(step);
        const { node, inputs, outputs } = step;
        compute(node, inputs.map(tensor), outputs.map(tensor));
      }),
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
