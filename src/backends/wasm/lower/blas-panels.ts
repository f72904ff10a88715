import { PANEL, panelWords } from '../blas.ts';
import type { Call } from '../call.ts';
import { roundUp } from './product.ts';

/**
 * Products that a library does without packing: c m×n = a m×k · b, in blocks so small that it reads both sides where they lie,
 * with b in panels of 64 columns, [panel][k][64], as its kernels for small matrices read them best. Whole products, which a
 * library packs first, take up to half as long again where m is small, and 3 to 10 % longer where it is not.
 */

/** Rows of a block are a multiple of this, and at most so many. */
const ROW_STEP = 12;
const MOST_ROWS = 120;
const MOST_DEPTH = 1024;
/** Bytes of a that a chunk reads once for each panel: part of a second-level cache. */
const CHUNK_BYTES = 256 * 1024;
/** Chunks for each thread, where there is enough to share. */
const CHUNKS = 4;

export interface PanelProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses: m rows of k, panels, m rows of n. */
  readonly a: number;
  readonly panels: number;
  readonly c: number;
  /** Addresses of what is added to every row, and to each element; 0 for none. */
  readonly bias: number;
  readonly residual: number;
  readonly relu: boolean;
}

/** Whether n columns fill panels: packing takes eight at a time. */
export const fitsPanels = (n: number): boolean => n % 8 === 0;

export const panelBytes = (n: number, k: number): number => 4 * roundUp(n, PANEL) * k;

/** n rows of k, as weights are stored, into panels. */
export function packPanels(weights: number, panels: number, n: number, k: number, once: boolean): Call {
  return { kernel: 'pack_panels', chunks: Math.ceil(n / PANEL), once, args: [weights, panels, n, k] };
}

/** `limit` is the largest m·n·k that the library does not pack. */
export function panelProduct(product: PanelProduct, limit: number, threads: number): Call {
  const { m, n, k, a, panels, c, bias, residual, relu } = product;
  const depthPerCall = Math.ceil(k / Math.ceil(k / MOST_DEPTH));
  const most = Math.floor(limit / PANEL / depthPerCall / ROW_STEP) * ROW_STEP;
  const rowsPerCall = Math.max(1, Math.min(most, MOST_ROWS));
  const rowChunks = Math.ceil(m / Math.max(rowsPerCall, Math.floor(CHUNK_BYTES / (4 * k))));
  const rowsPerChunk = roundUp(Math.ceil(m / rowChunks), rowsPerCall);
  const count = Math.ceil(n / PANEL);
  const wanted = Math.min(count, Math.ceil((CHUNKS * threads) / Math.ceil(m / rowsPerChunk)));
  const panelsPerChunk = Math.ceil(count / wanted);
  const panelChunks = Math.ceil(count / panelsPerChunk);
  const args = {
    ...{ a, panels, c, m, n, k, rowsPerChunk, panelsPerChunk, panelChunks, rowsPerCall, depthPerCall },
    ...{ bias, residual, relu: relu ? 1 : 0 },
  };
  return {
    kernel: 'blas_panels',
    chunks: Math.ceil(m / rowsPerChunk) * panelChunks,
    args: Object.keys(panelWords).map((word) => args[word as keyof typeof panelWords]),
  };
}
