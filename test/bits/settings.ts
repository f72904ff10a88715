import type { Backend } from '../../src/backends/index.ts';
import { capabilities, createBackend } from '../../src/node/index.ts';
import { cases } from './networks.ts';
import { bitsOf, type Bits } from './runs.ts';

/** A build of the kernels on so many threads: of one class of arithmetic, all come to the same bits. */
export interface Setting {
  readonly kernels: 'simd' | 'relaxed' | 'wide';
  readonly threads: 1 | 2;
}

/** Bits of every case, by how a product is added to a sum. */
export type Fixture = Readonly<Record<'fused' | 'separate', Readonly<Record<string, Bits>>>>;

/** The settings that this machine has. */
export function usableSettings(): readonly Setting[] {
  const { wasm, wideVectors } = capabilities();
  const builds = [
    { kernels: 'simd', usable: true },
    { kernels: 'relaxed', usable: wasm.relaxedSimd },
    { kernels: 'wide', usable: wideVectors.usable },
  ] as const;
  return builds
    .filter(({ usable }) => usable)
    .flatMap(({ kernels }) => ([1, 2] as const).map((threads) => ({ kernels, threads })));
}

/** The cases that are run in a setting: deep ones on two threads, in one build of each class. */
export function casesIn({ kernels, threads }: Setting): readonly string[] {
  const runsDeep = threads === 2 && kernels !== 'relaxed';
  return Object.keys(cases).filter((name) => runsDeep || cases[name].deep !== true);
}

/** What the cases of a setting come to. */
export async function bitsIn(
  setting: Setting,
): Promise<{ readonly multiplyAdd: string | undefined; readonly bits: Readonly<Record<string, Bits>> }> {
  const backend: Backend = await createBackend({ ...setting, blas: false });
  try {
    const bits: Record<string, Bits> = {};
    for (const name of casesIn(setting)) bits[name] = await bitsOf(backend, name);
    return { multiplyAdd: backend.numerics?.multiplyAdd, bits };
  } finally {
    await backend.dispose();
  }
}
