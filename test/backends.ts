import type { Backend } from '../src/backends/backend.ts';
import { messageOf } from '../src/base/errors.ts';
import { createNodeBackend } from '../src/node/backend.ts';

/** Backends of one kind that differ in nothing but their number of threads: their results are the same bit for bit. */
export interface BackendKind {
  readonly name: string;
  readonly backends: readonly Backend[];
}

/** More threads than cores must not matter either. */
const threads = [1, 2, 3];

const kinds: readonly { name: string; open: () => Promise<Backend[]> }[] = [
  { name: 'reference', open: async () => [await createNodeBackend({ name: 'reference' })] },
  { name: 'wasm simd', open: () => openWasm({ relaxed: false }) },
  { name: 'wasm relaxed', open: () => openWasm({ relaxed: true }) },
];

/**
 * Opens everything that must agree with `reference`, on each number of threads that the tests use. Says aloud which kind
 * this machine or build lacks, and leaves it out.
 */
export async function openBackends(): Promise<readonly BackendKind[]> {
  const opened: BackendKind[] = [];
  for (const { name, open } of kinds) {
    try {
      opened.push({ name, backends: await open() });
    } catch (error) {
      console.warn(`SKIPPED: no test runs on backend "${name}": ${messageOf(error)}`);
    }
  }
  return opened;
}

async function openWasm({ relaxed }: { readonly relaxed: boolean }): Promise<Backend[]> {
  const backends: Backend[] = [];
  for (const count of threads) {
    backends.push(await createNodeBackend({ name: 'wasm', threads: count, relaxed }));
  }
  return backends;
}
