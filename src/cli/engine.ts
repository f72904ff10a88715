import type { Backend } from '../backends/backend.ts';
import { withEnding } from '../base/endings.ts';
import type { EngineFlags } from './flags.ts';

/** Runs `work` with the backend the flags ask for and ends its workers whatever happens. */
export async function withBackend<T>(
  { backend: name, threads, blas }: EngineFlags,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { createNodeBackend } = await import('../node/backend.ts');
  const backend = await createNodeBackend({
    name,
    ...(threads === undefined ? {} : { threads }),
    ...(blas ? {} : { blas }),
  });
  return withEnding(
    () => backend.dispose(),
    () => work(backend),
  );
}
