import type { Backend } from '../backend.ts';
import { cpuTarget } from '../cpu.ts';
import { kernelsOf } from './kernels-of.ts';
import type { BlasUse } from './lower/blas-product.ts';
import { createLowerer, type Lowerer } from './lower/index.ts';

/** What planning and listings ask of the backend. It takes neither threads nor memory, and is the same wherever it is asked. */
export interface WasmPlanning extends Pick<Backend, 'workspaceBytes' | 'supports' | 'workOf' | 'kernelsOf'> {
  readonly lowerer: Lowerer;
}

/** What planning must know of the native library that does the matmuls, as plain data. */
export type Products = BlasUse;

/** `products`: of the native library, if there is one. */
export function wasmPlanning(products: Products | undefined): WasmPlanning {
  const lowerer = createLowerer(products);
  return {
    lowerer,
    workspaceBytes: (node) => lowerer.workspaceBytes(node),
    supports: (node) => lowerer.supports(node),
    workOf: (node) => cpuTarget.workOf(node),
    kernelsOf: (plan) => kernelsOf(plan, lowerer),
  };
}
