import type { Backend } from '../backends/backend.ts';
import { withEnding } from '../base/endings.ts';
import type { IsolationOptions, NodeBackendOptions } from '../node/backend.ts';
import { defaultBackend } from '../node/backends.ts';
import type { EngineFlags } from './flags/engine.ts';

/** The flags with which a run goes on as `backend` computed it, whatever there is on the machine then. */
export function continuingFlags(
  { name, numerics }: Pick<Backend, 'name' | 'numerics'>,
  { blas }: Pick<NodeBackendOptions, 'blas'>,
): string {
  if (name !== defaultBackend) return ` --backend ${name}`;
  const library = numerics?.library;
  if (library !== undefined) return ` --threads ${library.threads}`;
  return blas === false ? ' --no-blas' : '';
}

/** Runs `work` with the backend the flags ask for and ends its workers whatever happens. One that is `isolated` leaves this thread free for signals. */
export async function withBackend<T>(
  { backend: name, threads, blas, isolated }: EngineFlags & IsolationOptions,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { createNodeBackend } = await import('../node/backend.ts');
  const backend = await createNodeBackend({ name, threads, blas, isolated });
  return withEnding(
    () => backend.dispose(),
    () => work(backend),
  );
}
