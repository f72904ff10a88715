import type { OpName } from '../../../graph/op-table.ts';
import type { PlanBuffer, Step } from '../../../plan/plan.ts';
import type { Call, LowerStep } from '../call.ts';
import { depthwiseGradients, depthwiseGradientsApply } from './conv2d-depthwise.ts';
import { placeStep } from './placed.ts';

/** The calls of two steps, the first of which computes both or nearly so. */
export type JoinedCalls = readonly [first: readonly Call[], second: readonly Call[]];

/**
 * Lowers two steps together where one kernel for both reads less: both gradients of a depthwise layer. Undefined if it is not
 * those, or if one writes what the other reads or writes, so that they must follow each other.
 */
export function lowerJoined(
  first: Step,
  second: Step,
  workspace: PlanBuffer | undefined,
  keep: LowerStep<OpName>['keep'],
): JoinedCalls | undefined {
  const [input, weight] = [first.node, second.node];
  if (input.op !== 'conv2d_backward_input' || weight.op !== 'conv2d_backward_weight') return undefined;
  const dx = placeStep(input, first, workspace, keep);
  const dw = placeStep(weight, second, workspace, keep);
  return depthwiseGradientsApply(dx, dw) && independent(first, second)
    ? depthwiseGradients(dx, dw)
    : undefined;
}

/** Whether neither step writes where the other reads or writes. */
function independent(first: Step, second: Step): boolean {
  const clear = (written: readonly PlanBuffer[], { inputs, outputs }: Step) =>
    written.every((one) => [...inputs, ...outputs].every((other) => !overlap(one, other)));
  return clear(first.outputs, second) && clear(second.outputs, first);
}

function overlap(a: PlanBuffer, b: PlanBuffer): boolean {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}
