import type { Backend } from '../../src/backends/backend.ts';
import type { Node, NodeOf } from '../../src/graph/node.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/graph/value.ts';
import type { Shape } from '../../src/graph/value.ts';
import type { BufferRole, Plan, PlanBuffer } from '../../src/plan/plan.ts';

/**
 * A plan of a single `forward` step, written by hand: inputs are buffers `in0`, `in1`, …, outputs `out0`, …; all keep
 * their place. For tests and measurements of one op on one backend.
 */
export function oneOpPlan<K extends OpName>(
  backend: Backend,
  op: K,
  attrs: NodeOf<K>['attrs'],
  inputShapes: readonly Shape[],
  outputShapes: readonly Shape[],
): Plan {
  const buffers: PlanBuffer[] = [];
  let end = 0;
  const place = (name: string, shape: Shape, bytes: number, role: BufferRole): PlanBuffer => {
    const buffer = { id: buffers.length, name, shape, role, offset: end, bytes };
    end = Math.ceil((end + bytes) / 64) * 64;
    buffers.push(buffer);
    return buffer;
  };
  const inputs = inputShapes.map((shape, i) => place(`in${i}`, shape, 4 * sizeOf(shape), 'buffer'));
  const outputs = outputShapes.map((shape, i) => place(`out${i}`, shape, 4 * sizeOf(shape), 'buffer'));
  const values = (list: readonly PlanBuffer[]) =>
    list.map(({ id, name, shape }) => ({ id, name, shape, role: 'buffer' as const }));
  const generic: NodeOf<K> = {
    id: 0,
    op,
    attrs,
    inputs: values(inputs),
    outputs: values(outputs),
    scope: 'one-op-plan',
  };
  // A node of one op is a node, which TypeScript cannot see for a generic K.
  const node = generic as Node;
  const scratch = backend.workspaceBytes(node);
  const workspace = scratch > 0 ? place('workspace', [scratch / 4], scratch, 'workspace') : undefined;
  return {
    name: op,
    steps: {
      prologue: [],
      forward: [{ index: 0, entry: 'forward', node, inputs, outputs, recompute: false }],
      gradient: [],
      accumulate: [],
      update: [],
    },
    buffers,
    workspace,
    peakBytes: end,
    fusions: {},
  };
}
