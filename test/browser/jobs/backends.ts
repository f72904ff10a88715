import type { Backend } from '../../../src/backends/backend.ts';
import { createWasmBackend } from '../../../src/backends/wasm/backend.ts';
import { loadKernels, multiplyAddOf, type KernelBuild } from '../../../src/backends/wasm/builds.ts';
import { unsharedKernels } from '../../../src/backends/wasm/unshared-kernels.ts';
import { spawnThread } from './spawn.ts';

/** A build of the kernels on so many threads. */
export interface PageSetting {
  readonly kernels: Exclude<KernelBuild, 'wide'>;
  readonly threads: number;
}

/** A backend of this worker. Its memory is shared if the page is cross-origin isolated. */
export async function openBackend({ kernels, threads }: PageSetting): Promise<Backend> {
  const loaded = await loadKernels(kernels, {
    wideProblem: 'no page has them',
    compile: async (build, shared) => {
      const binary = new Uint8Array(await (await fetch(`/kernels/kernels-${build}.wasm`)).arrayBuffer());
      return WebAssembly.compile(shared ? binary : unsharedKernels(binary));
    },
    advice: 'take another browser',
  });
  const spawn = () => spawnThread('/worker.js');
  const multiplyAdd = multiplyAddOf(kernels);
  return createWasmBackend({ ...loaded, multiplyAdd, threads, spawn, maySleep: true, keepFreed: 2 ** 30 });
}
