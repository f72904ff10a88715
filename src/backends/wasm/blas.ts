import type { Kernel } from './walk.ts';

/**
 * c ← op(a)·op(b) + beta·c for row-major single-precision matrices in a program's memory: m×k times k×n. Addresses are in
 * bytes, leading dimensions in elements; `op` transposes if asked to.
 */
export type Sgemm = (
  transposeA: boolean,
  transposeB: boolean,
  m: number,
  n: number,
  k: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

/** Opens a native library's matrix product on a program's memory, on the calling thread. Platforms that have one provide it. */
export type OpenSgemm = (memory: WebAssembly.Memory) => Sgemm;

/** A native library of matrix products. */
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

/** Adds a bias and a residual and applies ReLU to a block of rows; see `kernels/finish.ts`. */
type Finish = (
  out: number,
  rows: number,
  columns: number,
  stride: number,
  bias: number,
  residual: number,
  relu: number,
) => void;

/** Writes patches of a convolution into a thread's scratch room; see `kernels/patches.ts`. */
type Patches = (args: number, row: number, rows: number, to: number) => void;

/** Words of a `blas_patches`' and a `blas_patches_gradient`'s arguments; `kernels/patches.ts` reads on from word 20. */
export const patchWords = {
  ...{ weights: 0, out: 1, rows: 2, k: 3, depth: 4, rowsPerChunk: 5, rowsPerBlock: 6 },
  ...{ bias: 7, residual: 8, relu: 9, rowsPerCall: 10, geometry: 20 },
} as const;

/** Words of a `blas_product`'s arguments, in the order in which `lower/blas.ts` writes them. */
export const blasWords = {
  ...{ a: 0, b: 1, c: 2, m: 3, n: 4, k: 5, lda: 6, ldb: 7, ldc: 8, transposeA: 9, transposeB: 10 },
  ...{ rowsPerChunk: 11, columnsPerChunk: 12, columnChunks: 13, bias: 14, residual: 15, relu: 16 },
  ...{ depthPerChunk: 17, blockChunks: 18, accumulate: 19 },
} as const;

/** Words of a `blas_panels`' arguments; `lower/blas-panels.ts` says what they mean. */
export const panelWords = {
  ...{ a: 0, panels: 1, c: 2, m: 3, n: 4, k: 5, columnsPerChunk: 6, rowsPerCall: 7, depthPerCall: 8 },
  ...{ bias: 9, residual: 10, relu: 11 },
} as const;

/** Columns of a panel of weights: four vectors of AVX-512. */
export const PANEL = 64;

/** The kernels of a program that are not of the module: none without a native library. */
export function nativeKernels(
  openSgemm: OpenSgemm | undefined,
  memory: WebAssembly.Memory,
  instance: WebAssembly.Instance,
): Readonly<Record<string, Kernel>> {
  return openSgemm === undefined ? {} : blasKernels(openSgemm(memory), memory, instance.exports);
}

/**
 * The kernels that call a native library, for a thread's own instance. They take the same arguments as kernels of the
 * module, so that `walk` need not tell them apart, and allocate nothing.
 */
function blasKernels(
  sgemm: Sgemm,
  memory: WebAssembly.Memory,
  exports: WebAssembly.Exports,
): Readonly<Record<string, Kernel>> {
  const words = new Int32Array(memory.buffer);
  // The module is ours: its `finish` takes these seven numbers.
  const finish = exports['finish'] as unknown as Finish;
  const patches = exports['patches'] as unknown as Patches;
  const w = blasWords;
  const t = patchWords;
  const p = panelWords;

  /** Columns `first` to `end` of c m×n = a m×k · panels, and what follows, in blocks that the library does not pack. */
  const inPanels = (
    a: number,
    panels: number,
    c: number,
    m: number,
    n: number,
    k: number,
    first: number,
    end: number,
    rowsPerCall: number,
    depthPerCall: number,
    bias: number,
    residual: number,
    relu: number,
  ): void => {
    const finishes = bias !== 0 || residual !== 0 || relu !== 0;
    for (let column = first; column < end; column += PANEL) {
      const columns = Math.min(PANEL, end - column);
      const panel = panels + 4 * column * k;
      for (let row = 0; row < m; row += rowsPerCall) {
        const rows = Math.min(rowsPerCall, m - row);
        const offset = 4 * (row * n + column);
        for (let from = 0; from < k; from += depthPerCall) {
          const depth = Math.min(depthPerCall, k - from);
          const left = a + 4 * (row * k + from);
          const right = panel + 4 * from * PANEL;
          sgemm(false, false, rows, columns, depth, left, k, right, PANEL, from === 0 ? 0 : 1, c + offset, n);
        }
        if (!finishes) continue;
        const biasAt = bias === 0 ? 0 : bias + 4 * column;
        finish(c + offset, rows, columns, n, biasAt, residual === 0 ? 0 : residual + offset, relu);
      }
    }
  };

  return {
    blas_product(args, chunk) {
      const at = args >>> 2;
      const columnChunks = words[at + w.columnChunks];
      const blockChunks = words[at + w.blockChunks];
      const part = Math.floor(chunk / blockChunks);
      const from = part * words[at + w.depthPerChunk];
      const depth = Math.min(words[at + w.depthPerChunk], words[at + w.k] - from);
      const block = chunk % blockChunks;
      const row = Math.floor(block / columnChunks) * words[at + w.rowsPerChunk];
      const column = (block % columnChunks) * words[at + w.columnsPerChunk];
      const rows = Math.min(words[at + w.rowsPerChunk], words[at + w.m] - row);
      const columns = Math.min(words[at + w.columnsPerChunk], words[at + w.n] - column);
      const lda = words[at + w.lda];
      const ldb = words[at + w.ldb];
      const ldc = words[at + w.ldc];
      const transposeA = words[at + w.transposeA] === 1;
      const transposeB = words[at + w.transposeB] === 1;
      const a = (words[at + w.a] >>> 0) + 4 * (transposeA ? from * lda + row : row * lda + from);
      const b = (words[at + w.b] >>> 0) + 4 * (transposeB ? column * ldb + from : from * ldb + column);
      const offset = 4 * (row * ldc + column);
      const c = (words[at + w.c] >>> 0) + offset + 4 * part * words[at + w.m] * ldc;
      const beta = words[at + w.accumulate];
      sgemm(transposeA, transposeB, rows, columns, depth, a, lda, b, ldb, beta, c, ldc);
      const bias = words[at + w.bias] >>> 0;
      const residual = words[at + w.residual] >>> 0;
      const relu = words[at + w.relu];
      if (bias !== 0 || residual !== 0 || relu !== 0) {
        const biasAt = bias === 0 ? 0 : bias + 4 * column;
        const residualAt = residual === 0 ? 0 : residual + offset;
        finish(c, rows, columns, ldc, biasAt, residualAt, relu);
      }
    },

    /** c m×n = a m×k · b, whose columns lie in panels. */
    blas_panels(args, chunk) {
      const at = args >>> 2;
      const [m, n, k] = [words[at + p.m], words[at + p.n], words[at + p.k]];
      const first = chunk * words[at + p.columnsPerChunk];
      const end = Math.min(first + words[at + p.columnsPerChunk], n);
      const [a, panels, c] = [words[at + p.a] >>> 0, words[at + p.panels] >>> 0, words[at + p.c] >>> 0];
      const [rowsPerCall, depthPerCall] = [words[at + p.rowsPerCall], words[at + p.depthPerCall]];
      const [bias, residual] = [words[at + p.bias] >>> 0, words[at + p.residual] >>> 0];
      const relu = words[at + p.relu];
      inPanels(a, panels, c, m, n, k, first, end, rowsPerCall, depthPerCall, bias, residual, relu);
    },

    /** out rows×K = patches rows×depth · weightsᵀ, a block of rows after the other; in panels, if `rowsPerCall` is not 0. */
    blas_patches(args, chunk, scratch) {
      const at = args >>> 2;
      const [k, depth] = [words[at + t.k], words[at + t.depth]];
      const first = chunk * words[at + t.rowsPerChunk];
      const end = Math.min(first + words[at + t.rowsPerChunk], words[at + t.rows]);
      const weights = words[at + t.weights] >>> 0;
      const bias = words[at + t.bias] >>> 0;
      const residual = words[at + t.residual] >>> 0;
      const relu = words[at + t.relu];
      const rowsPerCall = words[at + t.rowsPerCall];
      for (let row = first; row < end; row += words[at + t.rowsPerBlock]) {
        const rows = Math.min(words[at + t.rowsPerBlock], end - row);
        const offset = 4 * row * k;
        const out = (words[at + t.out] >>> 0) + offset;
        const residualAt = residual === 0 ? 0 : residual + offset;
        patches(args, row, rows, scratch);
        if (rowsPerCall !== 0) {
          const [a, panels, c] = [scratch, weights, out];
          inPanels(a, panels, c, rows, k, depth, 0, k, rowsPerCall, depth, bias, residualAt, relu);
          continue;
        }
        sgemm(false, true, rows, k, depth, scratch, depth, weights, depth, 0, out, k);
        if (bias !== 0 || residual !== 0 || relu !== 0) {
          finish(out, rows, k, k, bias, residualAt, relu);
        }
      }
    },

    /** Part `chunk` of dw K×depth = dyᵀ K×rows · patches rows×depth, summed over the chunk's rows; `weights` is dy here. */
    blas_patches_gradient(args, chunk, scratch) {
      const at = args >>> 2;
      const [k, depth] = [words[at + t.k], words[at + t.depth]];
      const first = chunk * words[at + t.rowsPerChunk];
      const end = Math.min(first + words[at + t.rowsPerChunk], words[at + t.rows]);
      const out = (words[at + t.out] >>> 0) + 4 * chunk * k * depth;
      for (let row = first; row < end; row += words[at + t.rowsPerBlock]) {
        const rows = Math.min(words[at + t.rowsPerBlock], end - row);
        const dy = (words[at + t.weights] >>> 0) + 4 * row * k;
        patches(args, row, rows, scratch);
        sgemm(true, false, k, depth, rows, dy, k, scratch, depth, row === first ? 0 : 1, out, depth);
      }
    },
  };
}
