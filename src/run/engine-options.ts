import type { KernelBuild } from '../backends/wasm/builds.ts';

/** How a backend is to compute. Not every backend has a use for each of these. */
export interface EngineOptions {
  /**
   * Threads that compute, the calling one included: at most 64, or as many as the machine has processors. Default: as many as
   * it has, at most 16.
   */
  readonly threads?: number | undefined;
  /** The build of the kernels. Default: the fastest that the engine can run. */
  readonly kernels?: KernelBuild | undefined;
  /**
   * Use the native BLAS library that `findBlas` finds for matmuls. Default: true if there is one. Without it results
   * are the same on every machine; with it they depend on the library.
   */
  readonly blas?: boolean | undefined;
}
