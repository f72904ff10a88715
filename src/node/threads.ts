import { availableParallelism } from 'node:os';
import * as portable from '../backends/threads.ts';
import { wasmFeatures } from '../backends/wasm/features.ts';

/** As many threads as the machine runs at once, at most 16; one where they cannot share memory. */
export function defaultThreads(): number {
  return wasmFeatures().threads ? portable.usefulThreads(availableParallelism()) : 1;
}

/** The most that may be asked for. */
export function mostThreads(): number {
  return portable.mostThreads(availableParallelism());
}

/** Throws a `UsageError` unless the machine takes so many. */
export function checkThreads(threads: number): void {
  portable.checkThreads(threads, availableParallelism());
}
