import { CardinalError } from '../../../base/errors.ts';
import type { Node, NodeOf } from '../../../graph/node.ts';
import type { OpName } from '../../../graph/op-table.ts';
import type { PlanBuffer, Step } from '../../../plan/plan.ts';
import { PLAN_ADDRESS } from '../call.ts';
import type { Call, Lowering, PlacedBuffer } from '../call.ts';
import { conv2d, conv2dBackwardInput, conv2dBackwardWeight } from './conv2d.ts';
import { linear, linearBackwardInput, linearBackwardWeight } from './linear.ts';
import { opLowerings } from './ops.ts';

/** Every op this backend computes. A plan with another op is refused when it is loaded. */
const lowerings: { readonly [K in OpName]?: Lowering<K> } = {
  ...opLowerings,
  conv2d,
  conv2d_backward_input: conv2dBackwardInput,
  conv2d_backward_weight: conv2dBackwardWeight,
  linear,
  linear_backward_input: linearBackwardInput,
  linear_backward_weight: linearBackwardWeight,
};

/** Scratch bytes the node's kernels need. */
export function workspaceBytes(node: Node): number {
  return workspaceOf(node);
}

/** The kernel calls of a step. */
export function lower(step: Step, workspace: PlanBuffer | undefined): readonly Call[] {
  return callsOf(step.node, step, workspace);
}

function workspaceOf<K extends OpName>(node: NodeOf<K>): number {
  return lowerings[node.op]?.workspaceBytes?.(node) ?? 0;
}

function callsOf<K extends OpName>(
  node: NodeOf<K>,
  { inputs, outputs }: Step,
  workspace: PlanBuffer | undefined,
): readonly Call[] {
  const lowering = lowerings[node.op];
  if (lowering === undefined) {
    throw new CardinalError(`the wasm backend cannot compute op "${node.op}" (${node.scope || 'top level'})`);
  }
  return lowering
    .calls({
      attrs: node.attrs,
      inputs: inputs.map(placed),
      outputs: outputs.map(placed),
      workspace: PLAN_ADDRESS + (workspace?.offset ?? 0),
    })
    .filter(({ chunks }) => chunks > 0);
}

function placed({ shape, bytes, offset }: PlanBuffer): PlacedBuffer {
  return { shape, bytes, address: PLAN_ADDRESS + offset };
}
