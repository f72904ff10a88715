import { CardinalError, messageOf, UsageError } from '../../base/errors.ts';
import { wasmFeatures, type WasmFeatures } from './features.ts';

/**
 * The builds of the kernels, fastest first: with relaxed SIMD and register tiles for vectors of 256 bits, with relaxed SIMD,
 * and with neither. The first two give the same results, bit for bit.
 */
export const kernelBuilds = ['wide', 'relaxed', 'simd'] as const;
export type KernelBuild = (typeof kernelBuilds)[number];

/** The file of a build with all kernels, in `dist/kernels`. Pages have those of ResNets and ResNeXts, `kernels-<build>.wasm`. */
export function kernelFileName(build: KernelBuild): string {
  return `kernels-full-${build}.wasm`;
}

/** Kernels that are ready to run. */
export interface LoadedKernels {
  readonly build: KernelBuild;
  readonly module: WebAssembly.Module;
  /** Whether they run on shared memory, as more than one thread requires, or on memory that is not. */
  readonly shared: boolean;
  /** Why they are not the wide ones although this engine should be able to run those. */
  readonly wideProblem?: string;
}

/** The builds for people. */
export const kernelBuildInWords: Readonly<Record<KernelBuild, string>> = {
  wide: 'WebAssembly with relaxed SIMD, 256 bits at a time',
  relaxed: 'WebAssembly with relaxed SIMD',
  simd: 'WebAssembly with SIMD',
};

/** What a platform gives so that kernels can be loaded. */
export interface KernelPlatform {
  /** Why it cannot make 256-bit vectors of WebAssembly's, in words; empty if it can. */
  readonly wideProblem: string;
  /** Fetches and compiles a build: as it is for shared memory, else what `unsharedKernels` makes of it. Throws any error. */
  compile(build: KernelBuild, shared: boolean): Promise<WebAssembly.Module>;
  /** What to do about an engine that runs no build, as the end of a message: `take Node 22 or newer`. */
  readonly advice: string;
}

/** The builds that an engine can run, fastest first. */
export function usableBuilds(
  { simd, relaxedSimd }: Pick<WasmFeatures, 'simd' | 'relaxedSimd'>,
  { wideProblem }: Pick<KernelPlatform, 'wideProblem'>,
): readonly KernelBuild[] {
  if (!simd) return [];
  const usable: Readonly<Record<KernelBuild, boolean>> = {
    wide: relaxedSimd && wideProblem === '',
    relaxed: relaxedSimd,
    simd: true,
  };
  return kernelBuilds.filter((build) => usable[build]);
}

/**
 * How a build adds a product to a sum on this machine; nothing else of a build, an engine or a processor changes results. Relaxed
 * SIMD alone does not tell: WebKit has it and rounds twice, to the bytes of the build without.
 */
export function multiplyAddOf(
  build: KernelBuild,
  { fused }: Pick<WasmFeatures, 'fused'> = wasmFeatures(),
): 'fused' | 'separate' {
  return build !== 'simd' && fused ? 'fused' : 'separate';
}

/**
 * The compiled kernels; `asked` is the fastest build that the engine can run, unless named. They are for shared memory where the
 * engine has it, unless `shared` says otherwise.
 * @throws {CardinalError} if the engine cannot run them, or they were not built.
 * @throws {UsageError} if there is no such build.
 */
export async function loadKernels(
  asked: KernelBuild | undefined,
  platform: KernelPlatform,
  shared: boolean = wasmFeatures().threads,
): Promise<LoadedKernels> {
  if (asked !== undefined && !kernelBuilds.includes(asked)) {
    throw new UsageError(`kernels must be ${kernelBuilds.join(', ')}, got ${asked as string}`);
  }
  const features = wasmFeatures();
  const usable = usableBuilds(features, platform);
  const build = asked ?? usable.at(0);
  if (build === undefined || !usable.includes(build)) {
    throw new CardinalError(lacking(asked, features, platform));
  }
  try {
    return { build, module: await platform.compile(build, shared), shared };
  } catch (error) {
    // Not every program that brings V8 brings all of it: what nobody asked for may be missing.
    if (asked === undefined && build === 'wide') {
      return { ...(await loadKernels('relaxed', platform, shared)), wideProblem: messageOf(error) };
    }
    if (error instanceof CardinalError) throw error;
    throw new CardinalError(`cannot load the kernels (${messageOf(error)})`, { cause: error });
  }
}

function lacking(
  asked: KernelBuild | undefined,
  { simd, relaxedSimd }: WasmFeatures,
  { wideProblem, advice }: KernelPlatform,
): string {
  if (asked === 'wide' && simd && relaxedSimd) {
    return `no 256-bit vectors for WebAssembly here: ${wideProblem}`;
  }
  const relaxed = asked !== undefined && asked !== 'simd' ? 'relaxed ' : '';
  return `this JavaScript engine lacks WebAssembly ${relaxed}SIMD; ${advice}`;
}
