import { ConformanceSuite, opNames } from '../../conformance/suite.ts';
import { openBackend } from './backends.ts';

export interface ConformanceJob {
  readonly seed: number;
  /** Numbers of threads, which must give the same bits. */
  readonly threads: readonly number[];
}

/** Failures by op, of all that are computed, by build. */
export type ConformanceReport = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** The conformance suite on the backends of a page, each build on each number of threads. */
export async function conformance({ seed, threads }: ConformanceJob): Promise<ConformanceReport> {
  const suite = new ConformanceSuite(seed);
  const report: Record<string, Record<string, readonly string[]>> = {};
  for (const kernels of ['simd', 'relaxed'] as const) {
    const backends = await Promise.all(threads.map((count) => openBackend({ kernels, threads: count })));
    const failures: Record<string, readonly string[]> = {};
    for (const op of opNames) {
      failures[op] = await suite.failures({ name: kernels, exact: true, backends }, op);
    }
    report[kernels] = failures;
    await Promise.all(backends.map((backend) => backend.dispose()));
  }
  return report;
}
