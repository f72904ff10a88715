import { cpus, freemem, totalmem } from 'node:os';
import { defaultThreads } from './backend.ts';
import { wasmFeatures } from './wasm-features.ts';
import type { WasmFeatures } from './wasm-features.ts';

/** What this machine offers and what Cardinal uses of it by default. */
export interface Capabilities {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  readonly wasm: WasmFeatures;
  readonly uses: { readonly kernels: 'relaxed SIMD' | 'SIMD' | 'none'; readonly threads: number };
}

export function capabilities(): Capabilities {
  const processors = cpus();
  const wasm = wasmFeatures();
  const able = wasm.simd && wasm.threads;
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: processors.length > 0 ? processors[0].model.trim() : 'unknown',
    cores: processors.length,
    memory: { total: totalmem(), free: freemem() },
    wasm,
    uses: {
      kernels: !able ? 'none' : wasm.relaxedSimd ? 'relaxed SIMD' : 'SIMD',
      threads: able ? defaultThreads() : 1,
    },
  };
}
