import * as kernels from '../args/blas.ts';
import { packPanelRows as packPanelRowsArgs } from '../args/panel-rows.ts';
import { PANEL } from '../blas.ts';
import { call, type Call } from '../call.ts';
import type { Finish } from './finish.ts';
import { roundUp } from '../../../base/round-up.ts';

/**
 * Products by a library that leaves small ones unpacked: c m×n = a m×k · b, in blocks so small that it reads both sides where they lie,
 * with b in panels of 64 columns, [panel][k][64], as its kernels for small matrices read them best. In one piece the library packs
 * both sides first, on every thread, and what follows the product finds its result in no near cache.
 */

/** Rows of a block are a multiple of this: the kernels take six or twelve at a time. */
const ROW_STEP = 12;
/** As even blocks are: fewer rows are left over. */
const HALF_STEP = 6;
/** Rows that are worth a chunk of their own. */
const LEAST_ROWS = 24;
/** Length of a block's sum: the longer, the fewer rows a block may have, and the more often the panels are read. */
const MOST_DEPTH = 512;
/** Weights that stay in a second-level cache while rows go past them. */
const NEAR_FLOATS = 128 * 1024;
/** Chunks wanted for each thread. */
const CHUNKS = 8;

export interface PanelProduct extends Finish {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses: m rows of k, panels, m rows of n. */
  readonly a: number;
  readonly panels: number;
  readonly c: number;
}

/** Whether n columns can be packed: it takes eight at a time. */
export const isPackable = ({ n }: Pick<PanelProduct, 'n'>): boolean => n % 8 === 0;

export const panelBytes = ({ n, k }: Pick<PanelProduct, 'n' | 'k'>): number => 4 * roundUp(n, PANEL) * k;

/** n rows of k, as weights are stored, into panels. */
export function packPanels(weights: number, panels: number, { n, k }: Pick<PanelProduct, 'n' | 'k'>): Call {
  return call(kernels.packPanels, Math.ceil(n / PANEL), { weights, panels, n, k });
}

/** k rows of n, as gradients read the same weights, into panels. */
export function packPanelRows(matrix: number, panels: number, { n, k }: Pick<PanelProduct, 'n' | 'k'>): Call {
  return call(packPanelRowsArgs, Math.ceil(n / PANEL), { matrix, panels, n, k });
}

/** Rows of a block of `depth` that the library does not pack; `unpacked` is the largest m·n·k of which that is so. */
export function rowsPerCall(depth: number, unpacked: number): number {
  const rows = Math.floor(unpacked / PANEL / depth);
  return Math.max(1, rows - (rows % ROW_STEP));
}

export function panelProduct(product: PanelProduct, unpacked: number, threads: number): Call {
  const { m, n, k } = product;
  const depthPerCall = Math.ceil(k / Math.ceil(k / MOST_DEPTH));
  const panels = Math.ceil(n / PANEL);
  const most = rowsPerCall(depthPerCall, unpacked);
  const enough = Math.min(Math.ceil((CHUNKS * threads) / panels), Math.floor(m / LEAST_ROWS));
  const rowsPerChunk = roundUp(Math.ceil(m / Math.max(Math.ceil(m / most), enough)), HALF_STEP);
  const rowChunks = Math.ceil(m / rowsPerChunk);
  const columnsPerChunk = PANEL * (rowChunks > 1 ? 1 : Math.ceil(panels / (CHUNKS * threads)));
  const columnChunks = Math.ceil(n / columnsPerChunk);
  const accumulate = product.residual === product.c;
  return call(kernels.blasPanels, rowChunks * columnChunks, {
    ...product,
    ...{ residual: accumulate ? undefined : product.residual, accumulate },
    ...{ rowsPerChunk, rowChunks, columnsPerChunk, columnChunks },
    ...{ rowsFirst: m < n && n * k > NEAR_FLOATS, rowsPerCall: rowsPerChunk, depthPerCall },
  });
}
