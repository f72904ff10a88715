import { blasPanels, blasPatches, blasPatchesGradient, blasProduct } from './args/blas.ts';
import { argsReader, type Reading } from './args/reader.ts';
import type { Kernel } from './walk.ts';

/** c ← op(a)·op(b) + beta·c for row-major single-precision matrices in a program's memory; `op` transposes if asked to. */
export interface MatrixProduct {
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

export type Sgemm = (product: MatrixProduct) => void;

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

/** Adds a bias and a residual to a block of rows, and activates it: a function of the module, see `kernels/finish.ts`. */
type Finish = (
  out: number,
  rows: number,
  columns: number,
  stride: number,
  bias: number,
  residual: number,
  activation: number,
) => void;

/** Writes patches of a convolution into a thread's scratch room: a function of the module, see `kernels/patches.ts`. */
type Patches = (args: number, row: number, rows: number, to: number) => void;

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

/** A product with a right side in panels, as `blas_panels` reads it. */
type PanelProduct = Omit<Reading<typeof blasPanels.fields>, 'columnsPerChunk'>;

/**
 * The kernels that call a native library, for a thread's own instance. They take the same arguments as kernels of the
 * module, so that `walk` need not tell them apart.
 */
function blasKernels(
  sgemm: Sgemm,
  memory: WebAssembly.Memory,
  exports: WebAssembly.Exports,
): Readonly<Record<string, Kernel>> {
  // The module is ours: its `finish` and `patches` take these numbers.
  const finishBlock = exports['finish'] as unknown as Finish;
  const patches = exports['patches'] as unknown as Patches;
  const readProduct = argsReader(blasProduct, memory);
  const readPanels = argsReader(blasPanels, memory);
  const readPatches = argsReader(blasPatches, memory);

  const finish: Finish = (out, rows, columns, stride, bias, residual, activation) => {
    if (bias === 0 && residual === 0 && activation === 0) return;
    finishBlock(out, rows, columns, stride, bias, residual, activation);
  };

  /** Columns `first` to `end` of c and what follows, in blocks that the library does not pack. */
  const inPanels = (product: PanelProduct, first: number, end: number): void => {
    const { a, panels, c, m, n, k, rowsPerCall, depthPerCall } = product;
    for (let column = first; column < end; column += PANEL) {
      const columns = Math.min(PANEL, end - column);
      const panel = panels + 4 * column * k;
      for (let row = 0; row < m; row += rowsPerCall) {
        const rows = Math.min(rowsPerCall, m - row);
        const offset = 4 * (row * n + column);
        for (let from = 0; from < k; from += depthPerCall) {
          sgemm({
            transposeA: false,
            transposeB: false,
            m: rows,
            n: columns,
            k: Math.min(depthPerCall, k - from),
            a: a + 4 * (row * k + from),
            lda: k,
            b: panel + 4 * from * PANEL,
            ldb: PANEL,
            beta: from === 0 ? 0 : 1,
            c: c + offset,
            ldc: n,
          });
        }
        const bias = shifted(product.bias, 4 * column);
        finish(c + offset, rows, columns, n, bias, shifted(product.residual, offset), product.activation);
      }
    }
  };

  return {
    [blasProduct.kernel]: (args, chunk) => {
      const p = readProduct(args);
      const { m, n, k, lda, ldb, ldc, transposeA, transposeB } = p;
      const { rowsPerChunk, columnsPerChunk, columnChunks, depthPerChunk, blockChunks } = p;
      const part = Math.floor(chunk / blockChunks);
      const from = part * depthPerChunk;
      const block = chunk % blockChunks;
      const row = Math.floor(block / columnChunks) * rowsPerChunk;
      const column = (block % columnChunks) * columnsPerChunk;
      const rows = Math.min(rowsPerChunk, m - row);
      const columns = Math.min(columnsPerChunk, n - column);
      const offset = 4 * (row * ldc + column);
      const c = p.c + offset + 4 * part * m * ldc;
      sgemm({
        transposeA,
        transposeB,
        m: rows,
        n: columns,
        k: Math.min(depthPerChunk, k - from),
        a: p.a + 4 * (transposeA ? from * lda + row : row * lda + from),
        lda,
        b: p.b + 4 * (transposeB ? column * ldb + from : from * ldb + column),
        ldb,
        beta: p.accumulate ? 1 : 0,
        c,
        ldc,
      });
      finish(c, rows, columns, ldc, shifted(p.bias, 4 * column), shifted(p.residual, offset), p.activation);
    },

    [blasPanels.kernel]: (args, chunk) => {
      const p = readPanels(args);
      const first = chunk * p.columnsPerChunk;
      inPanels(p, first, Math.min(first + p.columnsPerChunk, p.n));
    },

    [blasPatches.kernel]: (args, chunk, scratch) => {
      const p = readPatches(args);
      const { weights, k, depth, bias, activation, rowsPerChunk, rowsPerBlock, rowsPerCall } = p;
      const first = chunk * rowsPerChunk;
      const end = Math.min(first + rowsPerChunk, p.rows);
      for (let row = first; row < end; row += rowsPerBlock) {
        const rows = Math.min(rowsPerBlock, end - row);
        const offset = 4 * row * k;
        const c = p.out + offset;
        const residual = shifted(p.residual, offset);
        patches(args, row, rows, scratch);
        if (rowsPerCall !== 0) {
          const [a, panels, depthPerCall] = [scratch, weights, depth];
          const product = { a, panels, c, m: rows, n: k, k: depth, rowsPerCall, depthPerCall };
          inPanels({ ...product, bias, residual, activation }, 0, k);
          continue;
        }
        sgemm({
          transposeA: false,
          transposeB: true,
          m: rows,
          n: k,
          k: depth,
          a: scratch,
          lda: depth,
          b: weights,
          ldb: depth,
          beta: 0,
          c,
          ldc: k,
        });
        finish(c, rows, k, k, bias, residual, activation);
      }
    },

    /** Part `chunk` of dw K×depth = dyᵀ K×rows · patches rows×depth, summed over the chunk's rows. */
    [blasPatchesGradient.kernel]: (args, chunk, scratch) => {
      const { weights: dy, out, rows: allRows, k, depth, rowsPerChunk, rowsPerBlock } = readPatches(args);
      const first = chunk * rowsPerChunk;
      const end = Math.min(first + rowsPerChunk, allRows);
      for (let row = first; row < end; row += rowsPerBlock) {
        const rows = Math.min(rowsPerBlock, end - row);
        patches(args, row, rows, scratch);
        sgemm({
          transposeA: true,
          transposeB: false,
          m: k,
          n: depth,
          k: rows,
          a: dy + 4 * row * k,
          lda: k,
          b: scratch,
          ldb: depth,
          beta: row === first ? 0 : 1,
          c: out + 4 * chunk * k * depth,
          ldc: depth,
        });
      }
    },
  };
}

/** An address moved on, if it is that of something. */
function shifted(address: number, bytes: number): number {
  return address === 0 ? 0 : address + bytes;
}
