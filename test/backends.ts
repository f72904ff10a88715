import { messageOf } from '../src/base/errors.ts';
import type { Backend } from '../src/backends/backend.ts';
import { createReferenceBackend } from '../src/backends/reference/backend.ts';

/** Backends of one kind that differ in nothing but their number of threads: their results are the same bit for bit. */
export interface BackendKind {
  readonly name: string;
  /** Opens one backend for each number of threads that the tests use. Throws if the machine or the build has none. */
  open(): Promise<readonly Backend[]>;
}

/** Everything that must agree with `reference`. */
export const backendKinds: readonly BackendKind[] = [
  { name: 'reference', open: () => Promise.resolve([createReferenceBackend()]) },
];

/** Opens all kinds; says aloud which one is left out. */
export async function openBackends(): Promise<{ name: string; backends: readonly Backend[] }[]> {
  const opened: { name: string; backends: readonly Backend[] }[] = [];
  for (const kind of backendKinds) {
    try {
      opened.push({ name: kind.name, backends: await kind.open() });
    } catch (error) {
      console.warn(`SKIPPED backend ${kind.name}: ${messageOf(error)}`);
    }
  }
  return opened;
}
