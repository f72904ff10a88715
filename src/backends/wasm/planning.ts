import type { Node } from '../../graph/node.ts';
import { entries, type Plan } from '../../plan/plan.ts';
import type { Backend, KernelUse } from '../backend.ts';
import { cpuTarget } from '../cpu.ts';
import type { Call, Keep } from './call.ts';
import type { BlasUse } from './lower/blas-product.ts';
import { createLowerer, type Lowerer } from './lower/index.ts';
import { staysPacked } from './lower-plan.ts';

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

function kernelsOf(plan: Plan, lowerer: Lowerer): ReadonlyMap<Node, readonly KernelUse[]> {
  // As if there were room for everything, which only networks of some gigabytes lack.
  const keep: Keep = (weights) => (staysPacked(plan, weights) ? 0 : undefined);
  return new Map(
    entries.flatMap((entry) => {
      const steps = plan.steps[entry];
      const lowered = lowerer.lower(steps, plan.workspace, keep);
      return steps.map(({ node }, index) => [node, lowered[index].map(use)]);
    }),
  );
}

function use({ kernel, once = false }: Call): KernelUse {
  return { name: kernel, once };
}
