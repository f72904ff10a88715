import type { TrainingState } from '../../train/checkpoint.ts';
import type { NodeBackendOptions } from '../backend.ts';
import { defaultThreads } from '../threads.ts';

/**
 * The engine for a run to go on with, so that it ends with the bytes of one that was never cut short: that of its last steps. What
 * is not said makes no difference, or cannot be had here: of more threads than there are processors each would wait for the others.
 */
export function engineBefore(training: Pick<TrainingState, 'conditions'> | undefined): NodeBackendOptions {
  const last = training?.conditions?.at(-1);
  if (last === undefined) return {};
  const { backend, multiplyAdd, library } = last;
  if (backend === 'reference') return { name: backend };
  if (backend !== 'wasm') return {};
  return {
    ...(multiplyAdd === 'separate' ? { kernels: 'simd' } : {}),
    ...(library === undefined ? { blas: false } : {}),
    ...(library !== undefined && library.threads <= defaultThreads() ? { threads: library.threads } : {}),
  };
}
