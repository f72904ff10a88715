import type { Sample } from './samples.ts';
import { stretches, trend } from './trend.ts';

/**
 * What may grow in the last two thirds of a soak, when everything has been used once. A leak of 500 bytes a call is 32 MB
 * in 66,000 calls; what an allocator keeps for later settles at less.
 */
export const bounds = { rss: 32, heap: 8, descriptors: 0, threads: 0 } as const;

const megabyte = 1e6;

export interface Verdict {
  readonly lines: readonly string[];
  /** What grew beyond its bound; empty if nothing did. */
  readonly faults: readonly string[];
}

/**
 * Judges the samples. Resident memory: the slope of the line through the last two thirds, all samples, and its 95 %
 * interval. The heap: two samples at rest, each right after a garbage collection, `collected` a third into the soak and at its end.
 * Descriptors and threads: the least at rest in the middle third and in the last, because decoders keep idle threads for a while.
 */
export function judge(samples: readonly Sample[], collected: readonly [Sample, Sample]): Verdict {
  const end = samples[samples.length - 1].seconds;
  const late = samples.filter(({ seconds }) => seconds >= end / 3);
  const hours = (end - late[0].seconds) / 3600;
  const points = late.map(({ seconds, rss }) => ({ x: seconds / 3600, y: rss / megabyte }));
  const { slope, margin } = trend(stretches(points, 24));
  const least = (slope - margin) * hours;
  const [before, after] = collected;
  const heap = (after.heap + after.external - before.heap - before.external) / megabyte;
  const faults: string[] = [];
  if (least > bounds.rss) {
    faults.push(`resident memory grew by at least ${least.toFixed(1)} MB, more than ${bounds.rss} MB`);
  }
  if (heap > bounds.heap) {
    faults.push(`what is left after a garbage collection grew by ${heap.toFixed(1)} MB, more than ${bounds.heap} MB`); // prettier-ignore
  }
  const lines = [
    `resident memory: ${signed(slope)} ± ${margin.toFixed(1)} MB/hour over the last ${(60 * hours).toFixed(1)} minutes (95 %)`,
    `heap and external memory after a garbage collection: ${inMegabytes(before)}, at the end ${inMegabytes(after)} MB`,
  ];
  const resting = samples.filter(({ atRest }) => atRest);
  const parts = thirds(resting);
  for (const kind of ['descriptors', 'threads'] as const) {
    const what = kind === 'descriptors' ? 'file descriptors' : 'threads';
    const [first, last] = parts.map((part) => Math.min(...part.map((sample) => sample[kind] ?? NaN)));
    if (Number.isNaN(first + last)) {
      lines.push(`${what}: not known on this platform`);
      continue;
    }
    const most = Math.max(...samples.map((sample) => sample[kind] ?? 0));
    lines.push(`${what} at rest, at least: ${first}, at the end ${last}; at most ${most} at work`);
    if (last > first + bounds[kind]) faults.push(`${what} at rest went from ${first} to ${last}`);
  }
  return { lines, faults };
}

/** The middle third and the last. */
function thirds(samples: readonly Sample[]): [Sample[], Sample[]] {
  const third = Math.ceil(samples.length / 3);
  return [samples.slice(third, 2 * third), samples.slice(-third)];
}

function inMegabytes({ heap, external }: Sample): string {
  return ((heap + external) / megabyte).toFixed(1);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
}
