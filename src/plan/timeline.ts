import { checkKind, objectWith } from '../base/options.ts';
import { macsOf } from '../graph/dispatch.ts';
import type { Shape } from '../graph/value.ts';
import { entriesOf, type BufferRole, type Entry, type Plan, type PlanBuffer, type Step } from './plan.ts';
import { targetKind, type Target } from './target.ts';

/** A step of a timeline. */
export interface TimedStep {
  readonly entry: Entry;
  readonly op: string;
  /** Path of the module; empty for what has none, as the update. */
  readonly scope: string;
  readonly recompute: boolean;
  readonly macs: number;
  /** About how long it takes, in the device's own unit: only ratios count (`Target.workOf`). */
  readonly work: number;
  /** Memory that holds something while it runs: what is kept for the life of the program, and activations that are alive. */
  readonly liveBytes: number;
}

/** A buffer of a timeline. */
export interface TimedBuffer {
  readonly name: string;
  readonly role: BufferRole;
  readonly shape: Shape;
  /** Bytes from the start of the program's memory. */
  readonly offset: number;
  readonly bytes: number;
  /** Index of the first and of the last step that it must be there for, both included: an activation's are few, all others' are all. */
  readonly from: number;
  readonly to: number;
}

/** A plan as it goes by: its steps one after the other, and which memory is in use when. */
export interface PlanTimeline {
  readonly steps: readonly TimedStep[];
  readonly buffers: readonly TimedBuffer[];
  readonly peakBytes: number;
}

/**
 * What a plan does step by step, in the order of its entries, with the memory that each needs: activations live from the step that writes
 * them first to the last one that reads them. `device` is what the plan was made for.
 */
export function planTimeline(plan: Plan, device: Target): PlanTimeline {
  checkKind(
    'planTimeline',
    'the plan',
    plan,
    objectWith('what planInference or planTraining gives', 'steps', 'buffers'),
  );
  checkKind('planTimeline', 'the device', device, targetKind);
  const steps = entriesOf(plan.steps).flatMap((entry) => plan.steps[entry]);
  const lives = livesOf(steps);
  const last = Math.max(0, steps.length - 1);
  const buffers = plan.buffers.map((buffer): TimedBuffer => {
    const { name, role, shape, offset, bytes } = buffer;
    const { from, to } = (role === 'activation' ? lives.get(buffer) : undefined) ?? { from: 0, to: last };
    return { name, role, shape, offset, bytes, from, to };
  });
  const live = liveBytes(buffers, steps.length);
  return {
    steps: steps.map(({ entry, node, recompute }, index) => ({
      ...{ entry, op: node.op, scope: node.scope, recompute },
      ...{ macs: macsOf(node), work: device.workOf(node), liveBytes: live[index] },
    })),
    buffers,
    peakBytes: plan.peakBytes,
  };
}

interface Life {
  readonly from: number;
  readonly to: number;
}

function livesOf(steps: readonly Step[]): ReadonlyMap<PlanBuffer, Life> {
  const lives = new Map<PlanBuffer, Life>();
  steps.forEach(({ inputs, outputs }, index) => {
    for (const buffer of [...inputs, ...outputs]) {
      lives.set(buffer, { from: lives.get(buffer)?.from ?? index, to: index });
    }
  });
  return lives;
}

/** Bytes in use at each step. What is computed in place shares its memory, which counts once. */
function liveBytes(buffers: readonly TimedBuffer[], steps: number): number[] {
  const byAddress = buffers.toSorted((a, b) => a.offset - b.offset);
  const totals = new Array<number>(steps).fill(0);
  const ends = new Array<number>(steps).fill(0);
  for (const { offset, bytes, from, to } of byAddress) {
    for (let step = from; step <= to && step < steps; step++) {
      const begin = Math.max(offset, ends[step]);
      const end = offset + bytes;
      if (end <= begin) continue;
      totals[step] += end - begin;
      ends[step] = end;
    }
  }
  return totals;
}
