import type { Backend } from '../../backends/backend.ts';
import type { TrainingState } from '../../train/checkpoint.ts';
import type { NodeBackendOptions } from '../backend.ts';
import { defaultThreads } from '../threads.ts';
import type { RunConfig } from './config.ts';
import type { RunOptions } from './options.ts';

type AskedEngine = Pick<RunOptions, 'backend' | 'threads' | 'blas'>;

/** What was asked to compute a run, as `config.json` keeps it; undefined if that was nothing. */
export function engineToKeep({ backend, threads, blas }: AskedEngine): RunConfig['engine'] {
  if (nameOf(backend) === 'reference') return { backend: 'reference' };
  if (threads === undefined && blas === undefined) return undefined;
  return { ...(threads === undefined ? {} : { threads }), ...(blas === undefined ? {} : { blas }) };
}

/** The engine of a run that begins: as it is asked for now, else as it was when the run was begun before. */
export function engineToBegin(asked: AskedEngine, before: RunConfig['engine'] = {}): NodeBackendOptions {
  const { backend: name, ...rest } = before;
  return merged(asked, { name, ...rest });
}

/** The engine of a run that is continued: as it is asked for now, else as the run was computed until now. */
export function engineToContinue(
  asked: AskedEngine,
  training: Pick<TrainingState, 'conditions'>,
): NodeBackendOptions {
  const { threads, ...before } = engineBefore(training);
  // How many threads there were matters to the library alone.
  return merged(asked, { ...before, threads: asked.blas === false ? undefined : threads });
}

/**
 * The engine of a run's last steps: with it a continued run ends with the bytes of one that was never interrupted. What is not
 * said makes no difference, or cannot be had here: of more threads than there are processors each would wait for the others.
 */
export function engineBefore(training: Pick<TrainingState, 'conditions'>): NodeBackendOptions {
  const last = training.conditions?.at(-1);
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

function merged({ backend, threads, blas }: AskedEngine, before: NodeBackendOptions): NodeBackendOptions {
  // The reference has no native library: whoever asks for one asks for the other backend.
  const name = nameOf(backend) ?? (blas === true ? 'wasm' : before.name) ?? 'wasm';
  if (name === 'reference') return { name };
  return { ...before, name, threads: threads ?? before.threads, blas: blas ?? before.blas };
}

/** The name that is asked for, or that a backend has which is there already. */
function nameOf(backend: AskedEngine['backend']): NodeBackendOptions['name'] {
  if (typeof backend !== 'object') return backend;
  return backend.name === 'reference' ? 'reference' : undefined;
}

/** Whether a backend is there already. */
export function isMade(backend: AskedEngine['backend']): backend is Backend {
  return typeof backend === 'object';
}
