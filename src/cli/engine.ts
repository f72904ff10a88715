import type { Backend } from '../backends/backend.ts';
import { withEnding } from '../base/endings.ts';
import type { NodeBackendOptions } from '../node/backend.ts';
import type { TrainingState } from '../train/checkpoint.ts';
import type { EngineFlags } from './flags.ts';
import type { RunConfig } from '../node/training/config.ts';

/** What computes, as flags or an earlier part of a run say it. */
export type Engine = EngineFlags & Pick<NodeBackendOptions, 'kernels'>;

/** Of what computes what was asked for, to be written down; undefined if that was nothing. */
export function givenEngine({ backend, threads, blas }: Partial<EngineFlags>): RunConfig['engine'] {
  if (backend === 'reference') return { backend };
  if (threads === undefined && blas === undefined) return undefined;
  return { ...(threads === undefined ? {} : { threads }), ...(blas === undefined ? {} : { blas }) };
}

/** The engine of a run that begins anew: as the flags that are given now ask for, else as those of its first start did. */
export function engineToBegin(asked: Partial<EngineFlags>, { engine: before = {} }: RunConfig): Engine {
  const { backend = before.backend ?? 'wasm' } = asked;
  if (backend === 'reference') return { backend };
  const { threads = before.threads, blas = before.blas } = asked;
  return {
    backend,
    ...(threads === undefined ? {} : { threads }),
    ...(blas === undefined ? {} : { blas }),
  };
}

/** The engine of a run that goes on: as the flags that were given ask for, else as it was computed until now. */
export async function engineToGoOn(
  asked: Partial<EngineFlags>,
  training: Pick<TrainingState, 'conditions'>,
): Promise<Engine> {
  const { engineBefore } = await import('../node/training/engine.ts');
  const { name = 'wasm', threads, ...before } = engineBefore(training);
  const { backend = name } = asked;
  if (backend === 'reference') return { backend };
  // How many threads there were matters to the library alone.
  const count = asked.threads ?? (asked.blas === false ? undefined : threads);
  const blas = asked.blas ?? before.blas;
  return {
    ...before,
    backend,
    ...(count === undefined ? {} : { threads: count }),
    ...(blas === undefined ? {} : { blas }),
  };
}

/** The flags with which a run goes on as `backend` computed it, whatever there is on the machine then. */
export function flagsOf({ name, numerics }: Backend, { blas }: EngineFlags): string {
  if (name === 'reference') return ' --backend reference';
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
  const backend = await createNodeBackend({
    name,
    ...(threads === undefined ? {} : { threads }),
    ...(blas === undefined ? {} : { blas }),
    ...(kernels === undefined ? {} : { kernels }),
  });
  return withEnding(
    () => backend.dispose(),
    () => work(backend),
  );
}
