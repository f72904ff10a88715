import type { Backend } from '../backends/backend.ts';
import { withEnding } from '../base/endings.ts';
import type { NodeBackendOptions } from '../node/backend.ts';
import { defaultBackend, optionsFor } from '../node/backends.ts';
import type { TrainingState } from '../train/checkpoint.ts';
import type { EngineFlags } from './flags/engine.ts';
import type { RunConfig } from './train/run-config.ts';

/** What computes, as flags or an earlier part of a run say it. */
export type Engine = EngineFlags & Pick<NodeBackendOptions, 'kernels'>;

/** Of what computes what was asked for, to be written down; undefined if that was nothing. */
export function givenEngine({
  backend = defaultBackend,
  threads,
  blas,
}: Partial<EngineFlags>): RunConfig['engine'] {
  const engine = {
    ...(backend === defaultBackend ? {} : { backend }),
    ...optionsFor(backend, { threads, blas }),
  };
  return Object.keys(engine).length === 0 ? undefined : engine;
}

/** The engine of a run that begins anew: as the flags that are given now ask for, else as those of its first start did. */
export function engineToBegin(asked: Partial<EngineFlags>, { engine: before = {} }: RunConfig): Engine {
  const { backend = before.backend ?? defaultBackend } = asked;
  const { threads = before.threads, blas = before.blas } = asked;
  return { backend, ...optionsFor(backend, { threads, blas }) };
}

/** The engine of a run that goes on: as the flags that were given ask for, else as it was computed until now. */
export async function engineToGoOn(
  asked: Partial<EngineFlags>,
  training: Pick<TrainingState, 'conditions'>,
): Promise<Engine> {
  const { engineBefore } = await import('../node/engine-before.ts');
  const { name = defaultBackend, ...until } = engineBefore(training);
  const { backend = name } = asked;
  const before = backend === name ? until : {};
  // How many threads there were matters to the library alone.
  const threads = asked.threads ?? (asked.blas === false ? undefined : before.threads);
  const blas = asked.blas ?? before.blas;
  return { backend, ...optionsFor(backend, { ...before, threads, blas }) };
}

/** The flags with which a run goes on as `backend` computed it, whatever there is on the machine then. */
export function flagsOf({ name, numerics }: Backend, { blas }: EngineFlags): string {
  if (name !== defaultBackend) return ` --backend ${name}`;
  const library = numerics?.library;
  if (library !== undefined) return ` --threads ${library.threads}`;
  return blas === false ? ' --no-blas' : '';
}

/** Runs `work` with the backend the flags ask for and ends its workers whatever happens. */
export async function withBackend<T>(
  { backend: name, threads, blas, kernels }: Engine,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { createNodeBackend } = await import('../node/backend.ts');
  const backend = await createNodeBackend({ name, threads, blas, kernels });
  return withEnding(
    () => backend.dispose(),
    () => work(backend),
  );
}
