import type { Backend } from '../../src/backends/backend.ts';
import type { Node, NodeOf } from '../../src/graph/node.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape } from '../../src/graph/value.ts';
import type { BufferRole, Plan, PlanBuffer, Step } from '../../src/plan/plan.ts';

/** A step of a plan written by hand, between buffers called by their names. */
export type NamedStep = {
  [K in OpName]: {
    readonly op: K;
    readonly attrs: NodeOf<K>['attrs'];
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  };
}[OpName];

/** A plan of `forward` steps, written by hand: all buffers keep their place. For tests and measurements on one backend. */
export function stepsPlan(
  backend: Backend,
  name: string,
  shapes: Readonly<Record<string, Shape>>,
  steps: readonly NamedStep[],
): Plan {
  const buffers: PlanBuffer[] = [];
  let end = 0;
  const place = (name: string, shape: Shape, role: BufferRole): PlanBuffer => {
    const buffer = { id: buffers.length, name, shape, role, offset: end, bytes: 4 * sizeOf(shape) };
    end = Math.ceil((end + buffer.bytes) / 64) * 64;
    buffers.push(buffer);
    return buffer;
  };
  const placed = new Map(Object.entries(shapes).map(([name, shape]) => [name, place(name, shape, 'buffer')]));
  const find = (names: readonly string[]) =>
    names.map((name) => {
      const buffer = placed.get(name);
      if (buffer === undefined) throw new Error(`no buffer ${name}`);
      return buffer;
    });
  const values = (list: readonly PlanBuffer[]) =>
    list.map(({ id, name, shape }) => ({ id, name, shape, role: 'buffer' as const }));
  const forward = steps.map(({ op, attrs, ...names }, index): Step => {
    const [inputs, outputs] = [find(names.inputs), find(names.outputs)];
    const generic = {
      ...{ id: index, op, attrs, scope: 'steps-plan' },
      ...{ inputs: values(inputs), outputs: values(outputs) },
    };
    // A node of one op is a node, which TypeScript cannot see here.
    const node = generic as Node;
    return { index, entry: 'forward', node, inputs, outputs, recompute: false };
  });
  const scratch = Math.max(0, ...forward.map(({ node }) => backend.workspaceBytes(node)));
  const workspace = scratch > 0 ? place('workspace', [scratch / 4], 'workspace') : undefined;
  return {
    name,
    steps: { prologue: [], forward, gradient: [], accumulate: [], update: [] },
    buffers,
    workspace,
    peakBytes: end,
    fusions: {},
  };
}

/**
 * A plan of a single `forward` step: inputs are buffers `in0`, `in1`, …, outputs `out0`, …; the first output is the buffer of input
 * `inPlace` if that is given.
 */
export function oneOpPlan<K extends OpName>(
  backend: Backend,
  op: K,
  attrs: NodeOf<K>['attrs'],
  inputShapes: readonly Shape[],
  outputShapes: readonly Shape[],
  inPlace?: number,
): Plan {
  const name = (kind: string) => (shape: Shape, i: number) => [`${kind}${i}`, shape] as const;
  const inputs = inputShapes.map(name('in'));
  const outputs = outputShapes.map(name('out'));
  if (inPlace !== undefined) outputs[0] = inputs[inPlace];
  const names = (list: typeof inputs) => list.map(([name]) => name);
  // As above: a step of one op is one of the steps.
  const step = { op, attrs, inputs: names(inputs), outputs: names(outputs) } as NamedStep;
  return stepsPlan(backend, op, Object.fromEntries([...inputs, ...outputs]), [step]);
}
