import { readFile } from 'node:fs/promises';
import {
  kernelFileName,
  loadKernels as loadFor,
  usableBuilds,
  type KernelBuild,
  type KernelPlatform,
  type LoadedKernels,
} from '../backends/wasm/builds.ts';
import { wasmFeatures } from '../backends/wasm/features.ts';
import { kernelFile } from './package-files.ts';
import { compileWide, wideVectors } from './wide-vectors.ts';

/** Compiled once in a thread, since V8 does not keep what comes of it. */
let wide: Promise<WebAssembly.Module> | undefined;

const nodeKernels: KernelPlatform = {
  get wideProblem() {
    return wideVectors().reason;
  },
  async compile(build) {
    const file = kernelFile(kernelFileName(build));
    if (build !== 'wide') return await WebAssembly.compile(await readFile(file));
    try {
      return await (wide ??= readFile(file).then((binary) => compileWide(binary)));
    } catch (error) {
      wide = undefined;
      throw error;
    }
  },
  advice: 'take Node 22 or newer',
};

/** The builds of the kernels that this engine can run, fastest first. */
export function usableKernels(): readonly KernelBuild[] {
  return usableBuilds(wasmFeatures(), nodeKernels);
}

/**
 * The compiled kernels; `build` is the fastest that the engine can run, unless named.
 * @throws {CardinalError} if the engine cannot run them, or they were not built.
 * @throws {UsageError} if there is no such build.
 */
export function loadKernels(build?: KernelBuild): Promise<LoadedKernels> {
  return loadFor(build, nodeKernels);
}
