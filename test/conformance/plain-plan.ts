import type { Graph } from '../../src/graph/graph.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape, Value } from '../../src/graph/value.ts';
import type { BufferRole, Plan, PlanBuffer, Step } from '../../src/plan/plan.ts';

/** Elements of the buffer that stands behind each buffer, `guard.<name>`, to catch a kernel that writes past its end. */
export const guardLength = 16;

/**
 * A plan that runs all nodes of a graph in `forward` without any pass: every value, under its own name, has its own
 * place between guards and shares it with nothing.
 */
export function plainPlan(graph: Graph, name: string, workspaceBytes: number): Plan {
  const buffers: PlanBuffer[] = [];
  let offset = 0;
  const place = (label: string, shape: Shape, role: BufferRole): PlanBuffer => {
    const buffer = { id: buffers.length, name: label, shape, role, offset, bytes: 4 * sizeOf(shape) };
    buffers.push(buffer);
    offset = Math.ceil((offset + buffer.bytes) / 64) * 64;
    return buffer;
  };
  const placeGuarded = (label: string, shape: Shape, role: BufferRole): PlanBuffer => {
    const buffer = place(label, shape, role);
    place(`guard.${label}`, [guardLength], 'buffer');
    return buffer;
  };
  const places = graph.values.map((value) =>
    placeGuarded(value.name, value.shape, value.role === 'computed' ? 'output' : 'buffer'),
  );
  const placeOf = (value: Value): PlanBuffer => places[value.id];
  const workspace =
    workspaceBytes === 0
      ? undefined
      : placeGuarded('workspace', [Math.ceil(workspaceBytes / 4)], 'workspace');
  const forward = graph.nodes.map((node, index): Step => ({
    index,
    entry: 'forward',
    node,
    inputs: node.inputs.map(placeOf),
    outputs: node.outputs.map(placeOf),
    recompute: false,
  }));
  return {
    name,
    steps: { prologue: [], forward, gradient: [], accumulate: [], update: [] },
    buffers,
    workspace,
    peakBytes: offset,
    fusions: {},
  };
}
