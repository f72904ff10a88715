import type { TrainingState } from '../train/checkpoint.ts';
import type { NodeBackendOptions } from './backend.ts';
import { backends, defaultBackend, isBackendName } from './backends.ts';

/**
 * The engine for a run to go on with, so that it ends with the bytes of one that was never cut short: that of its last steps. What
 * is not said makes no difference, or cannot be had here.
 */
export function engineBefore(training: Pick<TrainingState, 'conditions'> | undefined): NodeBackendOptions {
  const last = training?.conditions?.at(-1);
  if (last === undefined || !isBackendName(last.backend)) return {};
  return {
    ...(last.backend === defaultBackend ? {} : { name: last.backend }),
    ...backends[last.backend].optionsOf?.(last),
  };
}
