import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { firstDifference } from '../support/compare.ts';
import type { Case } from './case.ts';
import { guardLength, plainPlan } from './plain-plan.ts';

/** All buffers of an op after it ran. */
export interface Result {
  readonly inputs: readonly Float32Array[];
  readonly outputs: readonly Float32Array[];
}

const guard = Float32Array.from({ length: guardLength }, (_, i) => 1000 + i);

/** Whether a backend computes this case: what no pass would give it, it may refuse. */
export function takes<K extends OpName>(backend: Backend, op: K, { attrs, inputs }: Case<K>): boolean {
  const graph = new Graph();
  graph.apply(
    op,
    inputs.map(({ shape }, index) => graph.input(`in${index}`, shape)),
    attrs,
  );
  return backend.supports(graph.nodes[0]);
}

/**
 * Runs one op as a plan of one step, between guards. Outputs hold NaN before the run, so a kernel that leaves an
 * element out, or adds to what was there, is found out.
 */
export async function runOp<K extends OpName>(
  backend: Backend,
  op: K,
  { attrs, inputs }: Case<K>,
): Promise<Result> {
  const graph = new Graph();
  const values = inputs.map(({ shape }, index) => graph.input(`in${index}`, shape));
  const outputs = graph.apply(op, values, attrs);
  const program = await backend.load(plainPlan(graph, op, backend.workspaceBytes(graph.nodes[0])));
  try {
    const guards = program.plan.buffers.filter(({ name }) => name.startsWith('guard.'));
    for (const { name } of guards) program.write(name, guard);
    values.forEach(({ name }, index) => {
      program.write(name, inputs[index].data);
    });
    for (const { name, shape } of outputs) {
      program.write(name, new Float32Array(sizeOf(shape)).fill(NaN));
    }
    await program.run('forward');
    for (const { name } of guards) {
      const place = firstDifference(await program.read(name), guard);
      if (place >= 0) throw new Error(`${op} on ${backend.name} wrote into ${name}, at element ${place}`);
    }
    return {
      inputs: await Promise.all(values.map(({ name }) => program.read(name))),
      outputs: await Promise.all(outputs.map(({ name }) => program.read(name))),
    };
  } finally {
    await program.dispose();
  }
}
