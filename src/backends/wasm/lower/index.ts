import { CardinalError } from '../../../base/errors.ts';
import type { Node, NodeOf } from '../../../graph/node.ts';
import type { OpName } from '../../../graph/op-table.ts';
import type { PlanBuffer, Step } from '../../../plan/plan.ts';
import { PLAN_ADDRESS } from '../call.ts';
import type { Call, Lowering, LowerStep, PlacedBuffer } from '../call.ts';
import { blasLowerings, type BlasUse } from './blas.ts';
import { conv2d, conv2dBackwardInput, conv2dBackwardWeight, convolutionsBlas } from './conv2d.ts';
import { linear, linearBackwardInput, linearBackwardWeight } from './linear.ts';
import { opLowerings } from './ops.ts';

type Lowerings = { readonly [K in OpName]?: Lowering<K> };

/** Every op this backend computes. A plan with another op is refused when it is loaded. */
const plain: Lowerings = {
  ...opLowerings,
  conv2d,
  conv2d_backward_input: conv2dBackwardInput,
  conv2d_backward_weight: conv2dBackwardWeight,
  linear,
  linear_backward_input: linearBackwardInput,
  linear_backward_weight: linearBackwardWeight,
};

function withBlas(use: BlasUse): Lowerings {
  const blas = blasLowerings(use);
  return { ...plain, ...convolutionsBlas(blas), ...blas.linear };
}

export type Keep = LowerStep<OpName>['keep'];

/** How ops become kernel calls. */
export interface Lowerer {
  /** Scratch bytes the node's kernels need. */
  workspaceBytes(node: Node): number;
  /** The kernel calls of a step; `keep` gives room for what is made of weights (see `LowerStep`). Default: none. */
  lower(step: Step, workspace: PlanBuffer | undefined, keep?: Keep): readonly Call[];
}

/**
 * How a backend lowers. With `blas` a native library does the matrix products, cut into as few blocks as its threads need;
 * without it nothing depends on their number.
 */
export function createLowerer(blas: BlasUse | undefined): Lowerer {
  const lowerings = blas === undefined ? plain : withBlas(blas);
  return {
    workspaceBytes: (node) => workspaceOf(lowerings, node),
    lower: (step, workspace, keep = () => undefined) => callsOf(lowerings, step.node, step, workspace, keep),
  };
}

function workspaceOf<K extends OpName>(lowerings: Lowerings, node: NodeOf<K>): number {
  const lowering: Lowering<K> | undefined = lowerings[node.op];
  return lowering?.workspaceBytes?.(node) ?? 0;
}

function callsOf<K extends OpName>(
  lowerings: Lowerings,
  node: NodeOf<K>,
  { inputs, outputs }: Step,
  workspace: PlanBuffer | undefined,
  keep: Keep,
): readonly Call[] {
  const lowering: Lowering<K> | undefined = lowerings[node.op];
  if (lowering === undefined) {
    throw new CardinalError(`the wasm backend cannot compute op "${node.op}" (${node.scope || 'top level'})`);
  }
  return lowering
    .calls({
      attrs: node.attrs,
      inputs: inputs.map(placed),
      outputs: outputs.map(placed),
      workspace: PLAN_ADDRESS + (workspace?.offset ?? 0),
      keep,
    })
    .filter(({ chunks }) => chunks > 0);
}

function placed({ shape, bytes, offset, role }: PlanBuffer): PlacedBuffer {
  return { shape, bytes, role, address: PLAN_ADDRESS + offset };
}
