import { UsageError } from '../base/errors.ts';
import { anything, checkOptions, flag, having, oneOf, type Kinds } from '../base/options.ts';
import type { Backend } from '../backends/backend.ts';
import type { Communicator } from '../backends/communicator.ts';
import { backendNames, backends, defaultBackend, type BackendName } from './backends.ts';
import type { EngineOptions } from '../run/engine-options.ts';
import { checkThreads, defaultThreads } from './threads.ts';

/** Where a backend computes. */
export interface IsolationOptions {
  /**
   * Compute in a thread of its own instead of the calling one, which stays free for other work, such as a server's requests. It costs
   * one more thread of Node and a copy of what goes in; results are the same. Default: false.
   */
  readonly isolated?: boolean | undefined;
}

/** Which backend, and how it computes. */
export interface NodeBackendOptions extends EngineOptions, IsolationOptions {
  /** `wasm` (default) or `reference`, the slow specification. */
  readonly name?: BackendName | undefined;
}

/** Which backend, how it computes, and with whom. */
export interface CreateBackendOptions extends NodeBackendOptions {
  /** The ranks that train together with this one, whose thread is the calling one: so not if it is `isolated`. Default: it is alone. */
  readonly communicator?: Communicator | undefined;
}

/** Numbers of threads and builds of kernels are checked where they are used. */
export const engineKinds: Kinds<EngineOptions & IsolationOptions> = {
  threads: anything,
  kernels: anything,
  blas: flag,
  isolated: flag,
};
const kinds: Kinds<CreateBackendOptions> = {
  ...engineKinds,
  name: oneOf(...backendNames),
  communicator: having('a communicator', 'startAllReduce'),
};

/**
 * The backend for this machine.
 * @throws {UsageError} if `threads` is not a positive integer, or more than are of use, or an isolated backend is to communicate.
 * @throws {CardinalError} if the engine lacks what is asked for, or the kernels were not built.
 */
export async function createNodeBackend(options: CreateBackendOptions = {}): Promise<Backend> {
  checkOptions('createBackend', options, kinds);
  const { name = defaultBackend, threads = defaultThreads(), kernels, blas, isolated = false } = options;
  checkThreads(threads);
  const engine = { threads, kernels, blas };
  const { communicator } = options;
  if (!isolated) return await backends[name].create({ ...engine, communicator });
  if (communicator !== undefined) {
    throw new UsageError(
      'createBackend: expected a communicator or isolated: true, got both; leave isolated out',
    );
  }
  const { createIsolatedBackend } = await import('./isolated-backend.ts');
  return await createIsolatedBackend({ name, options: engine });
}
