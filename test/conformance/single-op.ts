import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Node } from '../../src/graph/node.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { sizeOf, type Shape } from '../../src/graph/value.ts';
import type { BufferRole, Plan, PlanBuffer } from '../../src/plan/plan.ts';
import { firstDifference } from '../compare.ts';
import type { Case } from './case.ts';

/** All buffers of an op after it ran. */
export interface Result {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
}

/** A buffer of known numbers after each buffer of the op, to catch a kernel that writes past its end. */
const guard = Float32Array.from({ length: 16 }, (_, i) => 1000 + i);

/**
 * Runs one op as a plan of one step. Every buffer has its own place between guards, and outputs hold NaN before the
 * run, so a kernel that leaves an element out or adds to what was there is found out.
 */
export async function runOp<K extends OpName>(
  backend: Backend,
  op: K,
  { attrs, inputs }: Case<K>,
): Promise<Result> {
  const graph = new Graph();
  const values = inputs.map(({ shape }, index) => graph.input(`in${index}`, shape));
  graph.apply(op, values, attrs);
  const [node] = graph.nodes;
  const program = await backend.load(planOf(node, backend.workspaceBytes(node)));
  try {
    const { buffers, steps } = program.plan;
    for (const { name } of buffers.filter((buffer) => buffer.name.startsWith('guard'))) {
      program.write(name, guard);
    }
    const [step] = steps.forward;
    step.inputs.forEach(({ name }, index) => {
      program.write(name, inputs[index].data);
    });
    for (const { name, shape } of step.outputs) {
      program.write(name, new Float32Array(sizeOf(shape)).fill(NaN));
    }
    await program.run('forward');
    for (const { name } of buffers.filter((buffer) => buffer.name.startsWith('guard'))) {
      const place = firstDifference(await program.read(name), guard);
      if (place >= 0)
        throw new Error(`${op} on ${backend.name} wrote past the buffer before ${name}, at element ${place}`);
    }
    return {
      inputs: await Promise.all(step.inputs.map(({ name }) => program.read(name))),
      outputs: await Promise.all(step.outputs.map(({ name }) => program.read(name))),
    };
  } finally {
    program.dispose();
  }
}

/** A plan that runs one node, nothing sharing memory with anything. */
function planOf(node: Node, workspaceBytes: number): Plan {
  const buffers: PlanBuffer[] = [];
  let offset = 0;
  const place = (name: string, shape: Shape, role: BufferRole): PlanBuffer => {
    const buffer = { id: buffers.length, name, shape, role, offset, bytes: 4 * sizeOf(shape) };
    buffers.push(buffer);
    offset = Math.ceil((offset + buffer.bytes) / 64) * 64;
    return buffer;
  };
  const placeGuarded = (name: string, shape: Shape, role: BufferRole): PlanBuffer => {
    const buffer = place(name, shape, role);
    place(`guard.${name}`, [guard.length], 'buffer');
    return buffer;
  };
  const inputs = node.inputs.map(({ name, shape }) => placeGuarded(name, shape, 'buffer'));
  const outputs = node.outputs.map(({ shape }, index) => placeGuarded(`out${index}`, shape, 'output'));
  const workspace =
    workspaceBytes === 0
      ? undefined
      : placeGuarded('workspace', [Math.ceil(workspaceBytes / 4)], 'workspace');
  return {
    name: node.op,
    steps: {
      prologue: [],
      forward: [{ index: 0, entry: 'forward', node, inputs, outputs }],
      gradient: [],
      accumulate: [],
      update: [],
    },
    buffers,
    workspace,
    peakBytes: offset,
    fusions: {},
  };
}
