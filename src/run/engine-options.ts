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

/** Where a backend computes. */
export interface IsolationOptions {
  /**
   * Compute in a thread of its own instead of the calling one, which stays free for other work, such as a server's requests. It costs
   * some tens of milliseconds to start, a copy of the inputs, and as much memory as a thread of Node takes. Results are the same. Default
   * false.
   */
  readonly isolated?: boolean | undefined;
}
