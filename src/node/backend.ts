import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { anything, checkOptions, flag, oneOf, type Kinds } from '../base/options.ts';
import type { Backend } from '../backends/backend.ts';
import { createReferenceBackend } from '../backends/reference/backend.ts';
import { createWasmBackend } from '../backends/wasm/backend.ts';
import { blasInstallation, findBlas } from './blas.ts';
import { loadKernels, multiplyAddOf, type KernelBuild } from './kernels.ts';
import { largestProgram, memory } from './memory.ts';
import { openPlacement } from './placement.ts';
import { spawnWasmWorker } from './spawn-wasm-worker.ts';
import { defaultThreads, mostThreads } from './threads.ts';

export interface NodeBackendOptions {
  /** `wasm` (default) or `reference`, the slow specification. */
  readonly name?: 'wasm' | 'reference' | undefined;
  /**
   * Threads that compute, the calling one included: at most 64, or as many as the machine has processors. Default: as many as
   * it has, at most 16.
   */
  readonly threads?: number | undefined;
  /** The build of the kernels. Default: the fastest that the engine can run. */
  readonly kernels?: KernelBuild | undefined;
  /**
   * Have matrix products done by the native library that `findBlas` finds. Default: if there is one. Without it results
   * are the same on every machine; with it they depend on the library.
   */
  readonly blas?: boolean | undefined;
}

/** Numbers of threads and builds of kernels are checked where they are used. */
export const engineKinds: Kinds<Omit<NodeBackendOptions, 'name'>> = {
  threads: anything,
  kernels: anything,
  blas: flag,
};
const kinds: Kinds<NodeBackendOptions> = { ...engineKinds, name: oneOf('wasm', 'reference') };

/**
 * The backend for this machine.
 * @throws {UsageError} if `threads` is not a positive integer, or more than are of use.
 * @throws {CardinalError} if the engine lacks what is asked for, or the kernels were not built.
 */
export async function createNodeBackend(options: NodeBackendOptions = {}): Promise<Backend> {
  checkOptions('createBackend', options, kinds);
  const { name = 'wasm', threads = defaultThreads() } = options;
  const most = mostThreads();
  if (!Number.isInteger(threads) || threads < 1 || threads > most) {
    throw new UsageError(`threads must be an integer from 1 to ${most}, got ${described(threads)}`);
  }
  const { total, limit = total } = memory();
  const room = { program: largestProgram(), all: limit };
  if (name === 'reference') return createReferenceBackend(room.program);
  const { module, build } = await loadKernels(options.kernels);
  const blas = options.blas === false ? undefined : await findBlas();
  if (blas === undefined && options.blas === true) {
    throw new CardinalError(`no native matrix library was found: ${await blasInstallation()}`);
  }
  const placement = await openPlacement(threads);
  const spawn = (index: number) =>
    spawnWasmWorker({ blas: blas?.path, threadId: placement?.threadIds.subarray(index, index + 1) });
  return createWasmBackend({
    ...{ module, build, multiplyAdd: multiplyAddOf(build), threads, spawn },
    ...{ maySleep: true, blas, placement, room },
  });
}
