import * as kernels from '../args/blas.ts';
import { PANEL } from '../blas.ts';
import { call, type Call } from '../call.ts';
import type { Finish } from './finish.ts';
import { roundUp } from '../../../base/round-up.ts';

/**
 * Products of few rows, or of patches, by a library that leaves small ones unpacked: c m×n = a m×k · b, in blocks so small that
 * it reads both sides where they lie, with b in panels of 64 columns, [panel][k][64], as its kernels for small matrices read them
 * best. In one piece the library packs all of b first: at 49 rows that takes half as long again as the product.
 */

/** Rows from which on a product in one piece is as fast: the panels would be read again and again. */
const MOST_ROWS = 256;
/** Rows of a block are a multiple of this: the kernels take six or twelve at a time. */
const ROW_STEP = 12;
const MOST_DEPTH = 1024;
/** Chunks for each thread, where there are as many panels. */
const CHUNKS = 4;

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
export const isPackable = (n: number): boolean => n % 8 === 0;

/** Whether m×n is better done in panels. */
export const fitsPanels = ({ m, n }: Pick<PanelProduct, 'm' | 'n'>): boolean =>
  m <= MOST_ROWS && isPackable(n);

export const panelBytes = ({ n, k }: Pick<PanelProduct, 'n' | 'k'>): number => 4 * roundUp(n, PANEL) * k;

/** n rows of k, as weights are stored, into panels; once, if they stay there. */
export function packPanels(
  weights: number,
  { panels, n, k }: Pick<PanelProduct, 'panels' | 'n' | 'k'>,
  once: boolean,
): Call {
  return call(kernels.packPanels, Math.ceil(n / PANEL), { weights, panels, n, k }, { once });
}

/** Rows of a block of `depth` that the library does not pack; `unpacked` is the largest m·n·k of which that is so. */
export function rowsPerCall(depth: number, unpacked: number): number {
  const rows = Math.floor(unpacked / PANEL / depth);
  return Math.max(1, rows - (rows % ROW_STEP));
}

export function panelProduct(product: PanelProduct, unpacked: number, threads: number): Call {
  const { n, k } = product;
  const depthPerCall = Math.ceil(k / Math.ceil(k / MOST_DEPTH));
  const columnsPerChunk = PANEL * Math.ceil(n / PANEL / (CHUNKS * threads));
  return call(kernels.blasPanels, Math.ceil(n / columnsPerChunk), {
    ...product,
    ...{ columnsPerChunk, rowsPerCall: rowsPerCall(depthPerCall, unpacked), depthPerCall },
  });
}
