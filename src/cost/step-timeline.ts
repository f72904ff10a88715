import { fasterAllReduce, type Link } from './all-reduce.ts';

/** What a rank does in a step, in its order: it computes, begins to add a buffer up over all ranks, or waits for the sum. */
export type Moment =
  | { readonly kind: 'compute'; readonly seconds: number }
  | { readonly kind: 'start'; readonly buffer: string; readonly bytes: number }
  | { readonly kind: 'wait'; readonly buffer: string };

/** Seconds of a step. */
export interface StepTime {
  readonly total: number;
  readonly compute: number;
  /** That the link is busy. */
  readonly communication: number;
  /** Of `communication`, what the rank waits for: the rest is hidden behind computing. */
  readonly waiting: number;
}

/**
 * The time of a step in which `ranks` equal ranks do `moments`: each computes as long as it would alone, sums use the link one after
 * the other in the order in which they begin, and cost the rank nothing until it waits.
 */
export function stepTime(moments: readonly Moment[], ranks: number, link: Link): StepTime {
  const ends = new Map<string, number>();
  let now = 0;
  let compute = 0;
  let linkFree = 0;
  let communication = 0;
  for (const moment of moments) {
    if (moment.kind === 'compute') {
      now += moment.seconds;
      compute += moment.seconds;
    } else if (moment.kind === 'start') {
      const { seconds } = fasterAllReduce(moment.bytes, ranks, link);
      linkFree = Math.max(now, linkFree) + seconds;
      communication += seconds;
      ends.set(moment.buffer, linkFree);
    } else now = Math.max(now, ends.get(moment.buffer) ?? 0);
  }
  return { total: now, compute, communication, waiting: now - compute };
}

/** Weak-scaling efficiency: of the pictures that so many ranks would train on in a second if none waited, the share that they do. */
export function efficiency({ total, compute }: StepTime): number {
  return total === 0 ? 1 : compute / total;
}
