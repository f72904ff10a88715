import { readFile } from 'node:fs/promises';
import { CardinalError, UsageError, messageOf } from '../base/errors.ts';
import { kernelFile } from './package-files.ts';
import { wasmFeatures } from '../backends/wasm/features.ts';
import { compileWide, wideVectors } from './wide-vectors.ts';

/**
 * The builds of the kernels, fastest first: with relaxed SIMD and register tiles for vectors of 256 bits, with relaxed SIMD,
 * and with neither. The first two give the same results, bit for bit.
 */
export const kernelBuilds = ['wide', 'relaxed', 'simd'] as const;
export type KernelBuild = (typeof kernelBuilds)[number];

/** The builds that this engine can run, fastest first. */
export function usableKernels(): readonly KernelBuild[] {
  const { simd, relaxedSimd, threads } = wasmFeatures();
  if (!simd || !threads) return [];
  const usable: Readonly<Record<KernelBuild, boolean>> = {
    wide: relaxedSimd && wideVectors().usable,
    relaxed: relaxedSimd,
    simd: true,
  };
  return kernelBuilds.filter((build) => usable[build]);
}

/** How a build adds a product to a sum on this machine; nothing else of a build, an engine or a processor changes results. */
export function multiplyAddOf(build: KernelBuild): 'fused' | 'separate' {
  return build !== 'simd' && wasmFeatures().fused ? 'fused' : 'separate';
}

/** Compiled once in a thread, since V8 does not keep what comes of it. */
let wide: Promise<WebAssembly.Module> | undefined;

/** Kernels that are ready to run. */
export interface LoadedKernels {
  readonly build: KernelBuild;
  readonly module: WebAssembly.Module;
  /** Why they are not the wide ones although this engine should be able to run those. */
  readonly wideProblem?: string;
}

/**
 * The compiled kernels; `build` is the fastest that the engine can run, unless named.
 * @throws {CardinalError} if the engine cannot run them, or they were not built.
 * @throws {UsageError} if there is no such build.
 */
export async function loadKernels(build?: KernelBuild): Promise<LoadedKernels> {
  if (build !== undefined && !kernelBuilds.includes(build)) {
    throw new UsageError(`kernels must be ${kernelBuilds.join(', ')}, got ${build as string}`);
  }
  const usable = usableKernels();
  const chosen = build ?? usable.at(0);
  if (chosen === undefined || !usable.includes(chosen)) throw new CardinalError(lacking(build));
  try {
    return { build: chosen, module: await load(chosen) };
  } catch (error) {
    // Not every program that brings V8 brings all of it: what nobody asked for may be missing.
    if (build === undefined && chosen === 'wide') {
      return { ...(await loadKernels('relaxed')), wideProblem: messageOf(error) };
    }
    if (error instanceof CardinalError) throw error;
    throw new CardinalError(`cannot load the kernels (${messageOf(error)})`, { cause: error });
  }
}

async function load(build: KernelBuild): Promise<WebAssembly.Module> {
  const file = kernelFile(`kernels-${build}.wasm`);
  if (build !== 'wide') return await WebAssembly.compile(await readFile(file));
  try {
    return await (wide ??= readFile(file).then((binary) => compileWide(binary)));
  } catch (error) {
    wide = undefined;
    throw error;
  }
}

function lacking(build: KernelBuild | undefined): string {
  const { simd, relaxedSimd, threads } = wasmFeatures();
  if (build === 'wide' && simd && threads && relaxedSimd) {
    return `no 256-bit vectors for WebAssembly here: ${wideVectors().reason}`;
  }
  const relaxed = build !== undefined && build !== 'simd' ? 'relaxed ' : '';
  return `this JavaScript engine lacks WebAssembly ${relaxed}SIMD or shared memory; take Node 22 or newer`;
}
