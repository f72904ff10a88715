import type { Backend } from '../../backends/backend.ts';
import type { TrainingState } from '../../train/checkpoint.ts';
import { defaultOf, optionsFor, type Backends, type EngineChoice } from '../backends.ts';
import type { RunConfig } from './config.ts';
import type { RunOptions } from './options.ts';

type AskedEngine = Pick<RunOptions, 'backend' | 'threads' | 'blas'>;

/** What was asked to compute a run, as `config.json` keeps it; undefined if that was nothing. */
export function engineToKeep(
  { backend, threads, blas }: AskedEngine,
  backends: Backends,
): RunConfig['engine'] {
  const defaultBackend = defaultOf(backends);
  const name = nameOf(backend, backends) ?? defaultBackend;
  const engine = {
    ...(name === defaultBackend ? {} : { backend: name }),
    ...optionsFor(backends[name], { threads, blas }),
  };
  return Object.keys(engine).length === 0 ? undefined : engine;
}

/** The engine of a run that begins: as it is asked for now, else as it was when the run was begun before. */
export function engineToBegin(
  asked: AskedEngine,
  before: RunConfig['engine'],
  backends: Backends,
): EngineChoice {
  const { backend: name, ...rest } = before ?? {};
  return merged(asked, { name, ...rest }, backends);
}

/** The engine of a run that is continued: as it is asked for now, else as the run was computed until now. */
export function engineToContinue(
  asked: AskedEngine,
  training: Pick<TrainingState, 'conditions'>,
  backends: Backends,
): EngineChoice {
  const { threads, ...before } = engineBefore(training, backends);
  // How many threads there were matters to the library alone.
  return merged(asked, { ...before, threads: asked.blas === false ? undefined : threads }, backends);
}

/**
 * The engine of a run's last steps: with it a continued run ends with the bytes of one that was never interrupted. What is not
 * said makes no difference, or cannot be had here.
 */
export function engineBefore(training: Pick<TrainingState, 'conditions'>, backends: Backends): EngineChoice {
  const last = training.conditions?.at(-1);
  if (last === undefined || !Object.hasOwn(backends, last.backend)) return {};
  return {
    ...(last.backend === defaultOf(backends) ? {} : { name: last.backend }),
    ...backends[last.backend].optionsOf?.(last),
  };
}

function merged(
  { backend, threads, blas }: AskedEngine,
  before: EngineChoice,
  backends: Backends,
): EngineChoice {
  const defaultBackend = defaultOf(backends);
  const { name: was = defaultBackend } = before;
  // Who asks for a native library asks for a backend that has a use for it.
  const fitting = blas === true && !backends[was].options.includes('blas') ? defaultBackend : was;
  const name = nameOf(backend, backends) ?? fitting;
  const { kernels, ...known } = name === was ? before : {};
  return {
    name,
    ...optionsFor(backends[name], { kernels, threads: threads ?? known.threads, blas: blas ?? known.blas }),
  };
}

/** The name that is asked for, or that a backend has which is there already. */
function nameOf(backend: AskedEngine['backend'], backends: Backends): string | undefined {
  const name = isMade(backend) ? backend.name : backend;
  return name !== undefined && Object.hasOwn(backends, name) ? name : undefined;
}

/** Whether a backend is there already. */
export function isMade(backend: AskedEngine['backend']): backend is Backend {
  return typeof backend === 'object';
}
