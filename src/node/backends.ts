import type { Backend } from '../backends/backend.ts';
import type { Planning } from '../backends/remote/service.ts';
import type { Products } from '../backends/wasm/planning.ts';
import type { Conditions } from '../train/conditions.ts';
import type { EngineOptions } from './engine-options.ts';
import { defaultThreads } from './threads.ts';

/** A backend that can be asked for by name: in Node's `createBackend`, by `--backend`, and in the `config.json` of a run. */
export interface BackendEntry {
  /** What it is, for `--help`. */
  readonly about: string;
  /** The options that it has a use for; the others are left out. */
  readonly options: readonly (keyof EngineOptions)[];
  /** Loads what it takes, and creates it. `options.threads` is a valid number. */
  readonly create: (options: EngineOptions & { readonly threads: number }) => Promise<Backend>;
  /** Answers whoever plans as it does, on a thread that does not have it. `products` is what it says of its native library. */
  readonly planning: (products: Products | undefined) => Promise<Planning>;
  /** The options with which a run goes on as it was computed, as far as they can be had here. Absent: none are needed. */
  readonly optionsOf?: (conditions: Conditions) => EngineOptions;
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
    create: async () => (await import('./reference-backend.ts')).createNodeReferenceBackend(),
    // It holds nothing but what it loads.
    planning: async () => (await import('./reference-backend.ts')).createNodeReferenceBackend(),
  },
} satisfies Record<string, BackendEntry>;

export type BackendName = keyof typeof entries;

export const backends: Readonly<Record<BackendName, BackendEntry>> = entries;
export const backendNames = Object.keys(entries) as BackendName[]; // The keys of a table typed by them.
export const [defaultBackend] = backendNames;

/** Whether it is the name of a backend of this platform; a run may have been computed by anybody's. */
export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(backends, name);
}

/** Those of `options` that are given and that the backend has a use for. */
export function optionsFor(name: BackendName, options: EngineOptions): EngineOptions {
  const used = backends[name].options.filter((option) => options[option] !== undefined);
  return Object.fromEntries(used.map((option) => [option, options[option]]));
}
