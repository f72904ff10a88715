import { availableParallelism } from 'node:os';
import { wasmFeatures } from '../backends/wasm/features.ts';

/** More threads than this gain nothing on the layers of these networks. */
const mostUseful = 16;

/**
 * So many are taken on any machine, because with a native library the last digits depend on their number: a run of a larger machine can
 * be continued, or repeated.
 */
const mostAnywhere = 64;

/** As many threads as the machine runs at once, at most 16; one where they cannot share memory. */
export function defaultThreads(): number {
  return wasmFeatures().threads ? Math.min(availableParallelism(), mostUseful) : 1;
}

/** The most that may be asked for: each that has no processor of its own keeps the others waiting, and takes as long to start. */
export function mostThreads(): number {
  return Math.max(availableParallelism(), mostAnywhere);
}
