import type { Backend } from '../../../src/backends/backend.ts';
import { wasmFeatures } from '../../../src/backends/wasm/features.ts';
import { ConformanceSuite, opNames } from '../../conformance/suite.ts';
import { openBackend } from './backends.ts';

export interface ConformanceJob {
  readonly seed: number;
  /** Numbers of threads, which must give the same bits. */
  readonly threads: readonly number[];
}

export interface ConformanceReport {
  /** Whether the backends' memory was shared. */
  readonly shared: boolean;
  /** By build and op, of all that are computed. */
  readonly failures: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** The conformance suite on the backends of a page, each build on each number of threads. */
export async function conformance({ seed, threads }: ConformanceJob): Promise<ConformanceReport> {
  const suite = new ConformanceSuite(seed);
  const failures: Record<string, Record<string, readonly string[]>> = {};
  for (const kernels of ['simd', 'relaxed'] as const) {
    const backends: Backend[] = [];
    for (const count of threads) backends.push(await openBackend({ kernels, threads: count }));
    const found: Record<string, readonly string[]> = {};
    for (const op of opNames) {
      found[op] = await suite.failures({ name: kernels, exact: true, backends }, op);
    }
    failures[kernels] = found;
    await Promise.all(backends.map((backend) => backend.dispose()));
  }
  return { shared: wasmFeatures().threads, failures };
}
