import { blasPanels, blasPatches, blasPatchesGradient, blasProduct } from './args/blas.ts';
import { argsReader, type Reading } from './args/reader.ts';
import { PANEL, type OpenSgemm, type Sgemm } from './blas.ts';
import type { Kernel } from './walk.ts';

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

type ReadProduct = (args: number) => Reading<typeof blasProduct.fields>;
type ReadPanels = (args: number) => Reading<typeof blasPanels.fields>;
type ReadPatches = (args: number) => Reading<typeof blasPatches.fields>;

/** What kernels call: the library's product, and functions of the module. */
interface Calls {
  readonly sgemm: Sgemm;
  readonly finish: Finish;
  readonly patches: Patches;
}

/**
 * The kernels of a program that call a native library, for a thread's own instance; none without a library. They take the same
 * arguments as kernels of the module, so that `walk` need not tell them apart.
 */
export function nativeKernels(
  openSgemm: OpenSgemm | undefined,
  memory: WebAssembly.Memory,
  instance: WebAssembly.Instance,
): Readonly<Record<string, Kernel>> {
  if (openSgemm === undefined) return {};
  // The module is ours: its `finish` and `patches` take these numbers.
  const finish = unlessNothing(instance.exports['finish'] as unknown as Finish);
  const patches = instance.exports['patches'] as unknown as Patches;
  const calls = { sgemm: openSgemm(memory), finish, patches };
  const readPatches = argsReader(blasPatches, memory);
  return {
    [blasProduct.kernel]: productKernel(calls, argsReader(blasProduct, memory)),
    [blasPanels.kernel]: panelsKernel(calls, argsReader(blasPanels, memory)),
    [blasPatches.kernel]: patchesKernel(calls, readPatches),
    [blasPatchesGradient.kernel]: patchesGradientKernel(calls, readPatches),
  };
}

/** `finish`, which is not called where it would change nothing. */
function unlessNothing(finish: Finish): Finish {
  return (out, rows, columns, stride, bias, residual, activation) => {
    if (bias === 0 && residual === 0 && activation === 0) return;
    finish(out, rows, columns, stride, bias, residual, activation);
  };
}

/** Chunk by chunk a block of rows × columns of the result, or a part of its sum. */
function productKernel({ sgemm, finish }: Calls, read: ReadProduct): Kernel {
  return (args, chunk) => {
    const p = read(args);
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
  };
}

/** Some rows and some panels' columns of the result. */
function panelsKernel(calls: Calls, read: ReadPanels): Kernel {
  return (args, chunk) => {
    const p = read(args);
    const {
      panels,
      m,
      n,
      k,
      rowsPerChunk,
      rowChunks,
      columnsPerChunk,
      columnChunks,
      rowsPerCall,
      depthPerCall,
    } = p;
    const { bias, activation, accumulate } = p;
    const [rowChunk, columnChunk] = p.rowsFirst
      ? [chunk % rowChunks, Math.floor(chunk / rowChunks)]
      : [Math.floor(chunk / columnChunks), chunk % columnChunks];
    const row = rowChunk * rowsPerChunk;
    const first = columnChunk * columnsPerChunk;
    const [a, c] = [p.a + 4 * row * k, p.c + 4 * row * n];
    const residual = shifted(p.residual, 4 * row * n);
    const rows = Math.min(rowsPerChunk, m - row);
    const what = { bias, residual, activation, accumulate };
    const product = { a, panels, c, m: rows, n, k, rowsPerCall, depthPerCall, ...what };
    productInPanels(calls, product, first, Math.min(first + columnsPerChunk, n));
  };
}

/** Some rows of the result: patches are gathered a block at a time, and each block is multiplied while it is in the cache. */
function patchesKernel(calls: Calls, read: ReadPatches): Kernel {
  const { sgemm, finish, patches } = calls;
  return (args, chunk, scratch) => {
    const p = read(args);
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
        productInPanels(calls, { ...product, bias, residual, activation, accumulate: false }, 0, k);
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
  };
}

/** Part `chunk` of dw K×depth = dyᵀ K×rows · patches rows×depth, summed over the chunk's rows. */
function patchesGradientKernel({ sgemm, patches }: Calls, read: ReadPatches): Kernel {
  return (args, chunk, scratch) => {
    const { weights: dy, out, rows: allRows, k, depth, rowsPerChunk, rowsPerBlock } = read(args);
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
  };
}

/** A product with a right side in panels, as `blas_panels` reads it. */
type PanelProduct = Omit<
  Reading<typeof blasPanels.fields>,
  'rowsPerChunk' | 'rowChunks' | 'columnsPerChunk' | 'columnChunks' | 'rowsFirst'
>;

/** Columns `first` to `end` of c and what follows, in blocks that the library does not pack. */
function productInPanels({ sgemm, finish }: Calls, product: PanelProduct, first: number, end: number): void {
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
          beta: from === 0 && !product.accumulate ? 0 : 1,
          c: c + offset,
          ldc: n,
        });
      }
      const bias = shifted(product.bias, 4 * column);
      finish(c + offset, rows, columns, n, bias, shifted(product.residual, offset), product.activation);
    }
  }
}

/** An address moved on, if it is that of something. */
function shifted(address: number, bytes: number): number {
  return address === 0 ? 0 : address + bytes;
}
