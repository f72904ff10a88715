import type { Moment } from '../cost/step-timeline.ts';
import { macsOf } from '../graph/dispatch.ts';
import type { Plan, PlanBuffer, Step } from '../plan/plan.ts';

/** Multiply–accumulates that a CPU does in the time in which it moves a byte: about 40 G and 10 GB a second for a core. */
const macsPerByte = 4;

/**
 * What a rank does in a training step of so many micro-batches, if it computes for `seconds`: how long each step of the plan takes is
 * estimated by its multiply–accumulates and the bytes that it moves.
 */
export function momentsOf({ steps: lists }: Plan, seconds: number, microBatches = 1): Moment[] {
  const each = microBatches === 1 ? lists.gradient : [...lists.gradient, ...lists.accumulate];
  const steps = [...Array.from({ length: microBatches }, () => each).flat(), ...lists.update];
  const work = steps.map(workOf);
  const total = work.reduce((sum, amount) => sum + amount, 0);
  return steps.map((step, index): Moment => {
    const { node, inputs } = step;
    const buffer = inputs.map(({ name }) => name).join();
    if (node.op === 'all_reduce') return { kind: 'start', buffer, bytes: bytesOf(inputs) };
    if (node.op === 'all_reduce_wait') return { kind: 'wait', buffer };
    return { kind: 'compute', seconds: (seconds * work[index]) / total };
  });
}

/**
 * What one of any number of ranks does, from the moments of two and of four: computing and the sums of gradients do not depend on the
 * number; those of batch norm's statistics, which have a row for each rank, grow by as many bytes with each.
 */
export function momentsOfRanks(two: readonly Moment[], four: readonly Moment[], ranks: number): Moment[] {
  return two.map((moment, index) => {
    const other = four[index];
    if (moment.kind !== 'start' || other.kind !== 'start') return moment;
    return { ...moment, bytes: moment.bytes + ((other.bytes - moment.bytes) / 2) * (ranks - 2) };
  });
}

function workOf({ node, inputs, outputs }: Step): number {
  if (node.op === 'all_reduce' || node.op === 'all_reduce_wait') return 0;
  return macsOf(node) + macsPerByte * (bytesOf(inputs) + bytesOf(outputs));
}

function bytesOf(buffers: readonly PlanBuffer[]): number {
  return buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}
