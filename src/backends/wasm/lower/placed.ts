import type { NodeOf } from '../../../graph/node.ts';
import type { OpName } from '../../../graph/op-table.ts';
import type { PlanBuffer, Step } from '../../../plan/plan.ts';
import { PLAN_ADDRESS, type LowerStep, type PlacedBuffer } from '../call.ts';

/** A step, whose node is `node`, with the addresses of its buffers. */
export function placeStep<K extends OpName>(
  { attrs }: NodeOf<K>,
  { inputs, outputs }: Step,
  workspace: PlanBuffer | undefined,
  keep: LowerStep<K>['keep'],
): LowerStep<K> {
  return {
    attrs,
    inputs: inputs.map(placed),
    outputs: outputs.map(placed),
    workspace: PLAN_ADDRESS + (workspace?.offset ?? 0),
    keep,
  };
}

function placed({ shape, bytes, offset, role }: PlanBuffer): PlacedBuffer {
  return { shape, bytes, role, address: PLAN_ADDRESS + offset };
}
