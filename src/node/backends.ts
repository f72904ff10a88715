import type { Backend } from '../backends/backend.ts';
import type { Planning } from '../backends/remote/service.ts';
import type { Products } from '../backends/wasm/planning.ts';
import type { BackendEntry } from '../run/backends.ts';
import type { NodeEngineOptions } from './engine-options.ts';
import { defaultThreads } from './threads.ts';

/** A backend of this platform. */
export interface NodeBackendEntry extends BackendEntry {
  readonly create: (options: NodeEngineOptions) => Promise<Backend>;
  /** Answers whoever plans as it does, on a thread that does not have it. `products` is what it says of its native library. */
  readonly planning: (products: Products | undefined) => Promise<Planning>;
}

/** The backends of this platform; a new one is a row. The first is the default. */
const entries = {
  wasm: {
    about: 'WebAssembly on all cores',
    options: ['threads', 'kernels', 'blas'],
    create: async (options) => (await import('./wasm-backend.ts')).createNodeWasmBackend(options),
    planning: async (products) => (await import('../backends/wasm/planning.ts')).wasmPlanning(products),
    optionsOf: ({ multiplyAdd, library }) => ({
      ...(multiplyAdd === 'separate' ? { kernels: 'simd' } : {}),
      ...(library === undefined ? { blas: false } : {}),
      // Of more threads than there are processors each would wait for the others.
      ...(library !== undefined && library.threads <= defaultThreads() ? { threads: library.threads } : {}),
    }),
  },
  reference: {
    about: 'slow, plain loops',
    options: [],
    create: async ({ communicator }) =>
      (await import('./reference-backend.ts')).createNodeReferenceBackend(communicator),
    // It holds nothing but what it loads.
    planning: async () => (await import('./reference-backend.ts')).createNodeReferenceBackend(),
  },
} satisfies Record<string, NodeBackendEntry>;

export type BackendName = keyof typeof entries;

export const backends: Readonly<Record<BackendName, NodeBackendEntry>> = entries;
export const backendNames = Object.keys(entries) as BackendName[]; // The keys of a table typed by them.
export const [defaultBackend] = backendNames;

/** Whether it is the name of a backend of this platform; a run may have been computed by anybody's. */
export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(backends, name);
}
