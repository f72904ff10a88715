import { roundUp } from '../base/round-up.ts';

/** A buffer that needs room from its first to its last step, both included. */
export interface Interval {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Gives each interval an offset, a multiple of `alignment`, such that no two that are alive at the same step overlap, and tells
 * the bytes needed. Greedy by size (Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference", section 5.2):
 * the largest buffer first, each into the smallest gap that holds it between those already placed.
 */
export function allocate(
  intervals: readonly Interval[],
  alignment: number,
): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(intervals.length).fill(0);
  const order = intervals
    .map((interval, index) => ({ ...interval, index, room: roundUp(interval.bytes, alignment) }))
    .sort((a, b) => b.room - a.room || a.first - b.first);
  const placed: { first: number; last: number; start: number; end: number }[] = [];
  let bytes = 0;
  for (const { index, room, first, last } of order) {
    const start = bestGap(
      placed.filter((other) => other.first <= last && first <= other.last),
      room,
    );
    offsets[index] = start;
    bytes = Math.max(bytes, start + room);
    placed.push({ first, last, start, end: start + room });
  }
  return { offsets, bytes };
}

/** The start of the smallest gap of at least `room` bytes between neighbours, or the end of the last neighbour. */
function bestGap(neighbours: readonly { start: number; end: number }[], room: number): number {
  let best: { start: number; size: number } | undefined;
  let end = 0;
  for (const neighbour of [...neighbours].sort((a, b) => a.start - b.start)) {
    const size = neighbour.start - end;
    if (size >= room && (best === undefined || size < best.size)) best = { start: end, size };
    end = Math.max(end, neighbour.end);
  }
  return best?.start ?? end;
}
