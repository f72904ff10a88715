import { createWasmBackend } from '../../backends/wasm/backend.ts';
import type { Backend } from '../../backends/backend.ts';
import { multiplyAddOf } from '../../backends/wasm/builds.ts';
import { PolicyWatch } from '../policy.ts';
import type { Scripts } from '../scripts.ts';
import { loadKernels, type WebKernelBuild } from './kernels.ts';
import { spawnThread, type WatchedThread } from './spawn-thread.ts';

/** How the engine computes; the page has checked it. */
export interface EngineOptions {
  readonly threads: number;
  readonly kernels: WebKernelBuild | undefined;
}

/** What came of it, for the page to say. */
export interface EngineFacts extends Required<EngineOptions> {
  readonly kernels: WebKernelBuild;
  readonly multiplyAdd: 'fused' | 'separate';
}

/**
 * WebAssembly on this worker, which is thread 0, and on others that it starts, of each of which the page is told.
 * @throws {CardinalError} if the browser lacks what is asked for, or a file cannot be loaded.
 */
export async function createEngineBackend(
  { threads, kernels }: EngineOptions,
  scripts: Scripts,
  tellPage?: (watched: WatchedThread) => void,
): Promise<{ readonly backend: Backend; readonly facts: EngineFacts }> {
  const policy = new PolicyWatch();
  try {
    const { module, build, shared } = await loadKernels(kernels, scripts, policy);
    const multiplyAdd = multiplyAddOf(build);
    const backend = await createWasmBackend({
      ...{ module, build, shared, multiplyAdd, threads },
      ...{
        spawn: () => spawnThread(scripts.worker, tellPage),
        maySleep: true,
        room: room(),
        keepFreed: 2 ** 29,
      },
    });
    return { backend, facts: { threads, kernels: build === 'simd' ? build : 'relaxed', multiplyAdd } };
  } finally {
    policy.close();
  }
}

/**
 * What programs may take of a small device's memory. Browsers say how large it is in powers of 2 up to some number of GiB, or not at
 * all; a program has 4 GiB of addresses anyway.
 */
export function room(): { readonly program: number; readonly all: number } | undefined {
  const { deviceMemory } = navigator as { readonly deviceMemory?: number };
  if (deviceMemory === undefined || deviceMemory >= 8) return undefined;
  const bytes = deviceMemory * 2 ** 30;
  return { program: 0.75 * bytes, all: bytes };
}
