/** c ← op(a)·op(b) + beta·c for row-major single-precision matrices in a program's memory; `op` transposes if asked to. */
export interface Matmul {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** op(a) is m×k, op(b) is k×n. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses, in bytes, and leading dimensions, in floats. */
  readonly a: number;
  readonly lda: number;
  readonly b: number;
  readonly ldb: number;
  readonly beta: number;
  readonly c: number;
  readonly ldc: number;
}

export type Sgemm = (product: Matmul) => void;

/** Opens a native library's matmul on a program's memory, on the calling thread. Platforms that have one provide it. */
export type OpenSgemm = (memory: WebAssembly.Memory) => Sgemm;

/** A native BLAS library. */
export interface NativeProducts {
  readonly name: string;
  /** What it says of itself; empty if nothing. */
  readonly version: string;
  /** The processor that its kernels are for, as it or the machine calls it. */
  readonly processor: string;
  readonly openSgemm: OpenSgemm;
  /** The largest m·n·k of a product that it does without packing its sides, as fast as a large one; 0 if it packs always. */
  readonly unpacked: number;
}

/** Columns of a panel of weights: four vectors of AVX-512. */
export const PANEL = 64;
