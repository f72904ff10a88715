import * as kernels from '../args/blas.ts';
import type { NativeProducts } from '../blas.ts';
import { call, type Call, type Keep, type Pack, type PlacedBuffer } from '../call.ts';
import { isPackable, packPanels, panelBytes, panelProduct, type PanelProduct } from './blas-panels.ts';
import type { Finish } from './finish.ts';
import { roundUp } from '../../../base/round-up.ts';

/** What a native library is to those who lower products to it. */
export interface BlasUse extends Pick<NativeProducts, 'unpacked'> {
  readonly threads: number;
}

/** As few blocks as keep every thread busy: for each the library packs its sides anew. */
export const partsOf = ({ threads }: BlasUse): number => 2 ** Math.ceil(Math.log2(threads));

/** Rows or columns below which a native product no longer runs at its speed. */
const LEAST_ROWS = 96;
const LEAST_COLUMNS = 64;

/** Rows from which on packing weights anew is little beside the product, and how many weights are few enough to take room for it. */
const MANY_ROWS = 512;
const FEW_WEIGHTS = 1024 * 1024;

/** A row-major product: m×k times k×n, either side stored the other way round if `transpose` says so. */
interface Product extends Partial<Finish> {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * A product by the native library, cut into about `parts` blocks of the result; or of the sum, if `sumParts` says in how many:
 * m×n for each, one behind the other, to be added up. To a residual that lies at c the library adds.
 */
export function blasProduct(product: Product, parts: number, sumParts = 1): Call {
  const { m, n, k, a, b, c, transposeA = false, transposeB = false } = product;
  const { bias, residual, activation = 'none' } = product;
  const accumulate = residual === c;
  const [rowsPerChunk, columnsPerChunk] = cut(m, n, Math.ceil(parts / sumParts));
  const columnChunks = Math.ceil(n / columnsPerChunk);
  const blockChunks = Math.ceil(m / rowsPerChunk) * columnChunks;
  const depthPerChunk = Math.ceil(k / sumParts);
  return call(kernels.blasProduct, Math.ceil(k / depthPerChunk) * blockChunks, {
    ...{ a, b, c, m, n, k, transposeA, transposeB },
    ...{ lda: transposeA ? m : k, ldb: transposeB ? k : n, ldc: n },
    ...{ rowsPerChunk, columnsPerChunk, columnChunks, depthPerChunk, blockChunks },
    ...{ bias, residual: accumulate ? undefined : residual, activation, accumulate },
  });
}

/** The longer side is cut first: each cut makes the library pack the other side once more. */
function cut(m: number, n: number, parts: number): readonly [rows: number, columns: number] {
  let [rowParts, columnParts] = [1, 1];
  while (rowParts * columnParts < parts) {
    const rows = m / rowParts;
    const columns = n / columnParts;
    const rowsCan = rows >= 2 * LEAST_ROWS;
    const columnsCan = columns >= 2 * LEAST_COLUMNS;
    if (rowsCan && (rows >= columns || !columnsCan)) rowParts *= 2;
    else if (columnsCan) columnParts *= 2;
    else break;
  }
  return [roundUp(Math.ceil(m / rowParts), 8), roundUp(Math.ceil(n / columnParts), 16)];
}

/**
 * rows × weightsᵀ: in panels, if the library likes it so. They are packed once where weights stay as they are, each time in `room` if there
 * is some, `panelRoom` of it.
 */
export function denseProduct(
  use: BlasUse,
  product: Omit<PanelProduct, 'panels'>,
  weights: PlacedBuffer,
  keep: Keep,
  room?: number,
): Call[] {
  const { threads, unpacked } = use;
  if (unpacked > 0 && isPackable(product)) {
    const pack: Pack = (address) => [packPanels(weights.address, address, product)];
    const kept = keep(weights, panelBytes(product), pack);
    const panels = kept ?? (room === undefined ? undefined : { address: room, calls: pack(room) });
    if (panels !== undefined) {
      return [...panels.calls, panelProduct({ ...product, panels: panels.address }, unpacked, threads)];
    }
  }
  return [blasProduct({ ...product, b: weights.address, transposeB: true }, partsOf(use))];
}

/** Bytes of room for panels of weights that change, 0 where it is not worth packing them each time. */
export function panelRoom({ unpacked }: BlasUse, sides: Pick<PanelProduct, 'm' | 'n' | 'k'>): number {
  const { m, n, k } = sides;
  const pays = unpacked > 0 && isPackable(sides) && m >= MANY_ROWS && n * k <= FEW_WEIGHTS;
  return pays ? panelBytes(sides) : 0;
}
