import type { Link } from './all-reduce.ts';
import { efficiency, stepTime, type Moment, type StepTime } from './step-timeline.ts';

/** How training goes on so many ranks over one network. */
export interface ScalingPoint {
  readonly ranks: number;
  /** Gbit/s of each host. */
  readonly gigabits: number;
  readonly time: StepTime;
  /** Weak-scaling efficiency, at most 1. */
  readonly efficiency: number;
}

/** What joins the ranks, but for its bandwidth. */
export type LinkTimes = Omit<Link, 'bandwidth'>;

/** Every number of ranks with every bandwidth, ranks by ranks. `momentsOf` gives what one of so many does, on a batch that they do not change. */
export function forecastScaling(
  momentsOf: (ranks: number) => readonly Moment[],
  allRanks: readonly number[],
  bandwidths: readonly number[],
  link: LinkTimes,
): ScalingPoint[] {
  return allRanks.flatMap((ranks) => {
    const moments = momentsOf(ranks);
    return bandwidths.map((gigabits) => {
      const time = stepTime(moments, ranks, { ...link, bandwidth: bytesPerSecond(gigabits) });
      return { ranks, gigabits, time, efficiency: efficiency(time) };
    });
  });
}

/** Bytes that 1 Gbit/s brings in a second, as networks count: 10⁹ bits, and 8 of them a byte. */
function bytesPerSecond(gigabits: number): number {
  return (gigabits * 1e9) / 8;
}
