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
import { unsharedKernels } from '../backends/wasm/unshared-kernels.ts';
import { kernelFile } from './package-files.ts';
import { compileWide, wideVectors } from './wide-vectors.ts';

/** Compiled once in a thread, since V8 does not keep what comes of it; by whether memory is shared. */
const wide = new Map<boolean, Promise<WebAssembly.Module>>();

const nodeKernels: KernelPlatform = {
  get wideProblem() {
    return wideVectors().reason;
  },
  async compile(build, shared) {
    const read = async () => {
      const binary = await readFile(kernelFile(kernelFileName(build)));
      return shared ? binary : unsharedKernels(binary);
    };
    if (build !== 'wide') return await WebAssembly.compile(await read());
    const compiled = wide.get(shared) ?? read().then((binary) => compileWide(binary, { shared }));
    wide.set(shared, compiled);
    try {
      return await compiled;
    } catch (error) {
      wide.delete(shared);
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
 * The compiled kernels; `build` is the fastest that the engine can run, unless named. They are for shared memory where the engine
 * has it, unless `shared` says otherwise.
 * @throws {CardinalError} if the engine cannot run them, or they were not built.
 * @throws {UsageError} if there is no such build.
 */
export function loadKernels(build?: KernelBuild, shared?: boolean): Promise<LoadedKernels> {
  return loadFor(build, nodeKernels, shared);
}
