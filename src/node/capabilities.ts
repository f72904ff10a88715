import { cpus, freemem, totalmem } from 'node:os';
import { largestProgram, memory } from './memory.ts';
import { defaultThreads } from './threads.ts';
import type { KernelBuild } from '../backends/wasm/builds.ts';
import { usableKernels } from './kernels.ts';
import { wasmFeatures, type WasmFeatures } from '../backends/wasm/features.ts';
import { wideVectors, type WideVectors } from './wide-vectors.ts';

/** What this machine offers and what Cardinal uses of it by default. */
export interface Capabilities {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: {
    readonly total: number;
    readonly free: number;
    /** What the container allows, if that is less than there is. */
    readonly limit: number | null;
    /** What one program may take of it. */
    readonly largestProgram: number;
  };
  readonly wasm: WasmFeatures;
  /** Whether two of WebAssembly's vectors can be worked on at once. */
  readonly wideVectors: WideVectors;
  readonly uses: { readonly kernels: KernelBuild | 'none'; readonly threads: number };
}

/** Detects what this machine offers to Cardinal and what it uses by default: processor, memory, vectors, threads. */
export function capabilities(): Capabilities {
  const processors = cpus();
  const wasm = wasmFeatures();
  const kernels = usableKernels().at(0) ?? 'none';
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: processors.length > 0 ? processors[0].model.trim() : 'unknown',
    cores: processors.length,
    memory: {
      total: totalmem(),
      free: freemem(),
      limit: memory().limit ?? null,
      largestProgram: Math.min(largestProgram(), 2 ** 32),
    },
    wasm,
    wideVectors: wideVectors(),
    uses: { kernels, threads: kernels === 'none' ? 1 : defaultThreads() },
  };
}
