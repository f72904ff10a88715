import type { Backend } from '../../backends/backend.ts';
import type { TrainingState } from '../../train/checkpoint.ts';
import type { NodeBackendOptions } from '../../node/backend.ts';
import { backends, defaultBackend, isBackendName, optionsFor, type BackendName } from '../../node/backends.ts';
import type { RunConfig } from './config.ts';
import type { RunOptions } from './options.ts';

type AskedEngine = Pick<RunOptions, 'backend' | 'threads' | 'blas'>;

/** What was asked to compute a run, as `config.json` keeps it; undefined if that was nothing. */
export function engineToKeep({ backend, threads, blas }: AskedEngine): RunConfig['engine'] {
  const name = nameOf(backend) ?? defaultBackend;
  const engine = {
    ...(name === defaultBackend ? {} : { backend: name }),
    ...optionsFor(name, { threads, blas }),
  };
  return Object.keys(engine).length === 0 ? undefined : engine;
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
 * said makes no difference, or cannot be had here.
 */
export function engineBefore(training: Pick<TrainingState, 'conditions'>): NodeBackendOptions {
  const last = training.conditions?.at(-1);
  if (last === undefined || !isBackendName(last.backend)) return {};
  return {
    ...(last.backend === defaultBackend ? {} : { name: last.backend }),
    ...backends[last.backend].optionsOf?.(last),
  };
}

function merged({ backend, threads, blas }: AskedEngine, before: NodeBackendOptions): NodeBackendOptions {
  const { name: was = defaultBackend } = before;
  // Who asks for a native library asks for a backend that has a use for it.
  const fitting = blas === true && !backends[was].options.includes('blas') ? defaultBackend : was;
  const name = nameOf(backend) ?? fitting;
  const { kernels, ...known } = name === was ? before : {};
  return {
    name,
    ...optionsFor(name, { kernels, threads: threads ?? known.threads, blas: blas ?? known.blas }),
  };
}

/** The name that is asked for, or that a backend has which is there already. */
function nameOf(backend: AskedEngine['backend']): BackendName | undefined {
  const name = isMade(backend) ? backend.name : backend;
  return name !== undefined && isBackendName(name) ? name : undefined;
}

/** Whether a backend is there already. */
export function isMade(backend: AskedEngine['backend']): backend is Backend {
  return typeof backend === 'object';
}
