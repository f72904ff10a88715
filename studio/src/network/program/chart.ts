import type { PlanTimeline } from 'cardinal-nn/backends';

/** A rectangle of the chart, as shares of its width and height. */
export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly role: PlanTimeline['buffers'][number]['role'];
}

/**
 * Memory over the time of a run: each buffer from its first to its last step, as high as it is large, at its own address. Time is the
 * plan's own guess of work, so a step that takes long is wide.
 */
export function barsOf({ steps, buffers, peakBytes }: PlanTimeline): Bar[] {
  const starts = startsOf(steps);
  return buffers.map(({ role, from, to, offset, bytes }) => ({
    x: starts[from],
    width: starts[Math.min(to + 1, steps.length)] - starts[from],
    y: 1 - (offset + bytes) / peakBytes,
    height: bytes / peakBytes,
    role,
  }));
}

/** When each step begins, and last when all end, as shares of the whole. */
export function startsOf(steps: PlanTimeline['steps']): number[] {
  const total = steps.reduce((sum, { work }) => sum + work, 0);
  let done = 0;
  return [
    0,
    ...steps.map(({ work }) => {
      done += work;
      return total === 0 ? 0 : done / total;
    }),
  ];
}

/** A part of a run for people: the steps of one stage of the network, in one direction. */
export interface Span {
  readonly title: string;
  readonly steps: number;
  readonly macs: number;
  /** Share of the whole work. */
  readonly share: number;
  /** The most memory in use during it. */
  readonly peakBytes: number;
  readonly from: number;
  readonly to: number;
}

/** Steps that follow one another and belong to the same part of the network, together. */
export function spansOf({ steps }: PlanTimeline): Span[] {
  const starts = startsOf(steps);
  const spans: { title: string; first: number; last: number }[] = [];
  steps.forEach(({ entry, scope, op, recompute }, index) => {
    const part = scope === '' ? '' : scope.split('.')[0];
    const way = wayOf(entry, op, recompute);
    const title = entry === 'prologue' || entry === 'update' || part === '' ? way : `${part}, ${way}`;
    const last = spans.at(-1);
    if (last?.title === title) last.last = index;
    else spans.push({ title, first: index, last: index });
  });
  return spans.map(({ title, first, last }) => {
    const own = steps.slice(first, last + 1);
    return {
      title,
      steps: own.length,
      macs: own.reduce((sum, { macs }) => sum + macs, 0),
      share: starts[last + 1] - starts[first],
      peakBytes: own.reduce((most, { liveBytes }) => Math.max(most, liveBytes), 0),
      from: first,
      to: last,
    };
  });
}

function wayOf(entry: string, op: string, recompute: boolean): string {
  if (entry === 'prologue') return 'once: weights made ready';
  if (entry === 'update') return 'update of the weights';
  if (recompute) return 'again';
  return op.includes('backward') ? 'backward' : 'forward';
}
