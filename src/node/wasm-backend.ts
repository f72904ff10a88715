import { CardinalError } from '../base/errors.ts';
import type { Backend } from '../backends/backend.ts';
import { createWasmBackend } from '../backends/wasm/backend.ts';
import { multiplyAddOf } from '../backends/wasm/builds.ts';
import { blasInstallation, findBlas } from './blas.ts';
import type { NodeEngineOptions } from './engine-options.ts';
import { loadKernels } from './kernels.ts';
import { largestProgram, memory } from './memory.ts';
import { openPlacement } from './placement.ts';
import { spawnWasmWorker } from './spawn-wasm-worker.ts';

/**
 * WebAssembly with what this machine has: its fastest kernels, its threads, its native library, its memory.
 * @throws {CardinalError} if the engine lacks what is asked for, or the kernels were not built.
 */
export async function createNodeWasmBackend({
  threads,
  kernels,
  blas: wanted,
  communicator,
}: NodeEngineOptions): Promise<Backend> {
  const { total, limit = total } = memory();
  const { module, build, shared } = await loadKernels(kernels);
  const blas = wanted === false ? undefined : await findBlas();
  if (blas === undefined && wanted === true) {
    throw new CardinalError(`no native matrix library was found: ${await blasInstallation()}`);
  }
  const placement = shared ? await openPlacement(threads) : undefined;
  const spawn = (index: number) =>
    spawnWasmWorker({ blas: blas?.path, threadId: placement?.threadIds.subarray(index, index + 1) });
  return createWasmBackend({
    ...{ module, build, shared, multiplyAdd: multiplyAddOf(build), threads, spawn },
    ...{ maySleep: true, communicator, blas, placement, room: { program: largestProgram(), all: limit } },
  });
}
