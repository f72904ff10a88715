import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';

/** More threads than this gain nothing on the layers of these networks. */
const mostUseful = 16;

/**
 * So many are taken on any machine, because with a native library the last digits depend on their number: a run of a larger machine can
 * be continued, or repeated.
 */
const mostAnywhere = 64;

/** As many threads as a machine runs at once, at most 16. */
export function usefulThreads(processors: number): number {
  return Math.min(processors, mostUseful);
}

/** The most that may be asked for: each that has no processor of its own keeps the others waiting, and takes as long to start. */
export function mostThreads(processors: number): number {
  return Math.max(processors, mostAnywhere);
}

/** Throws a `UsageError` unless a machine takes so many threads. */
export function checkThreads(threads: number, processors: number): void {
  const most = mostThreads(processors);
  if (Number.isInteger(threads) && threads >= 1 && threads <= most) return;
  throw new UsageError(`threads must be an integer from 1 to ${most}, got ${described(threads)}`);
}
