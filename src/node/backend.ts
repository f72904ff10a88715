import { anything, checkOptions, flag, oneOf, type Kinds } from '../base/options.ts';
import type { Backend } from '../backends/backend.ts';
import { backendNames, backends, defaultBackend, type BackendName } from './backends.ts';
import type { EngineOptions } from '../run/engine-options.ts';
import { checkThreads, defaultThreads } from './threads.ts';

/** Which backend, and how it computes. */
export interface NodeBackendOptions extends EngineOptions {
  /** `wasm` (default) or `reference`, the slow specification. */
  readonly name?: BackendName | undefined;
}

/** Numbers of threads and builds of kernels are checked where they are used. */
export const engineKinds: Kinds<EngineOptions> = {
  threads: anything,
  kernels: anything,
  blas: flag,
};
const kinds: Kinds<NodeBackendOptions> = { ...engineKinds, name: oneOf(...backendNames) };

/**
 * The backend for this machine.
 * @throws {UsageError} if `threads` is not a positive integer, or more than are of use.
 * @throws {CardinalError} if the engine lacks what is asked for, or the kernels were not built.
 */
export async function createNodeBackend(options: NodeBackendOptions = {}): Promise<Backend> {
  checkOptions('createBackend', options, kinds);
  const { name = defaultBackend, threads = defaultThreads(), kernels, blas } = options;
  checkThreads(threads);
  return await backends[name].create({ threads, kernels, blas });
}
