import { roundUp } from '../../../base/round-up.ts';
import type { Pair } from '../../../graph/op-table.ts';
import { packTaps, product as productArgs } from '../args/product.ts';
import { call, packed, type Call, type Keep, type PlacedBuffer } from '../call.ts';
import type { Finish } from './finish.ts';

/** Columns of a tile of `product`. */
const TILE_COLUMNS = 8;
/** A chunk's rows are whole tiles, of six rows or of four. */
const WHOLE_ROWS = 12;
/** Columns of a panel where vectors are wide: a chunk begins at a whole one. */
const WIDE_COLUMNS = 16;
/**
 * Depth of a block of the reduction: a panel of eight columns takes 8 KiB, a chunk's packed rows 128 KiB of their thread's
 * scratch room (192 KiB for sums that do not divide well).
 */
const BLOCK_DEPTH = 256;
const BLOCK_ROWS = 128;
const BLOCK_COLUMNS = 256;
/** Chunks aimed at, so that 16 threads find work to the end. */
const CHUNKS = 32;

/** One product of a gathered left side with packed weights; see `kernels/product.ts` for what it computes. */
export interface Product extends Finish {
  readonly groups: number;
  /** Channels per group of the source: the length of the sum for one tap. */
  readonly inner: number;
  /** Channels per group of the output. */
  readonly columns: number;
  readonly taps: readonly Tap[];
  readonly weights: {
    readonly buffer: PlacedBuffer;
    /** In elements, between neighbours along the sum, between output channels, and between groups. */
    readonly innerStride: number;
    readonly columnStride: number;
    readonly groupStride: number;
  };
  readonly source: Grid & { readonly step: Pair };
  readonly out: Grid & { readonly start: Pair; readonly step: Pair };
  readonly batch: number;
  /** Output places that are computed, of each image. */
  readonly grid: Pair;
  /** Where the packed weights go, `packedBytes` of room, unless they are kept. */
  readonly workspace: number;
  readonly keep?: Keep;
}

/** Where a tap reads, relative to the stepped place, and where its weights begin, in elements. */
export interface Tap {
  readonly place: Pair;
  readonly weights: number;
}

/** A channels-last array. */
export interface Grid {
  readonly address: number;
  readonly size: Pair;
  readonly channels: number;
}

/** Bytes of `taps · inner · groups` rows of packed weights. */
export function packedBytes(groups: number, taps: number, inner: number, columns: number): number {
  return 4 * groups * taps * inner * roundUp(columns, TILE_COLUMNS);
}

/** The calls: weights into panels, then the product. */
export function productCalls(product: Product): readonly Call[] {
  const { weights, taps, groups, inner, columns, workspace, keep = () => undefined } = product;
  const blocks = blocksOf(product);
  if (taps.length === 0) return [multiply(product, blocks, workspace)];
  const bytes = packedBytes(groups, taps.length, inner, columns);
  const { address, calls } = packed({ keep, workspace }, weights.buffer, bytes, (room) => [
    pack(product, blocks, room),
  ]);
  return [...calls, multiply(product, blocks, address)];
}

/** How the reduction is cut: several whole taps, or equal pieces of one. */
interface Blocks {
  readonly taps: number;
  readonly inner: number;
}

function blocksOf({ inner, taps }: Product): Blocks {
  if (inner >= BLOCK_DEPTH) {
    const pieces = Math.round(inner / BLOCK_DEPTH);
    return { taps: 1, inner: roundUp(Math.ceil(inner / pieces), 4) };
  }
  const most = Math.floor(BLOCK_DEPTH / inner);
  return { taps: Math.max(1, Math.ceil(taps.length / Math.ceil(taps.length / most))), inner };
}

function pack({ weights, groups, inner, columns, taps }: Product, blocks: Blocks, room: number): Call {
  const panels = Math.ceil(columns / TILE_COLUMNS);
  const panelsPerChunk = Math.max(1, Math.ceil((groups * panels) / CHUNKS));
  const panelChunks = Math.ceil(panels / panelsPerChunk);
  return call(packTaps, groups * panelChunks, {
    ...{ weights: weights.buffer.address, packed: room, inner, columns, taps: taps.length },
    innerStride: weights.innerStride,
    columnStride: weights.columnStride,
    groupStride: weights.groupStride,
    ...{ tapsPerBlock: blocks.taps, innerPerBlock: blocks.inner, panelsPerChunk, panelChunks },
    tapOffsets: taps.map((tap) => tap.weights),
  });
}

function multiply(product: Product, blocks: Blocks, weights: number): Call {
  const { source, out, grid, batch, groups, inner, columns, taps } = product;
  const { bias, residual, activation } = product;
  const rows = batch * grid[0] * grid[1];
  const [rowsPerChunk, columnsPerChunk] = chunkSize(rows, columns, groups);
  const rowChunks = Math.ceil(rows / rowsPerChunk);
  const columnChunks = Math.ceil(columns / columnsPerChunk);
  return call(productArgs, groups * rowChunks * columnChunks, {
    ...{ source: source.address, packed: weights, out: out.address, bias, residual, activation },
    ...{ batch, gridHeight: grid[0], gridWidth: grid[1] },
    ...{ height: source.size[0], width: source.size[1], channels: source.channels },
    ...{ stepRows: source.step[0], stepColumns: source.step[1] },
    ...{ outHeight: out.size[0], outWidth: out.size[1], outChannels: out.channels },
    ...{ outTop: out.start[0], outStepRows: out.step[0], outLeft: out.start[1], outStepColumns: out.step[1] },
    ...{ inner, columns, rowsPerChunk, columnsPerChunk, rowChunks, columnChunks },
    ...{ tapsPerBlock: blocks.taps, innerPerBlock: blocks.inner, taps: taps.length },
    places: taps.flatMap(({ place }) => place),
  });
}

/** Rows and columns of a chunk: large enough to reuse what is in the caches, small enough to be shared out. */
function chunkSize(rows: number, columns: number, groups: number): [number, number] {
  let columnsPerChunk = Math.min(BLOCK_COLUMNS, roundUp(columns, WIDE_COLUMNS));
  // Equal blocks: 784 rows are 120 and a last 64, not 128 and 16, so that threads finish together.
  let rowsPerChunk = roundUp(Math.ceil(rows / Math.ceil(rows / BLOCK_ROWS)), WHOLE_ROWS);
  const count = () => groups * Math.ceil(rows / rowsPerChunk) * Math.ceil(columns / columnsPerChunk);
  while (count() < CHUNKS && columnsPerChunk > 64)
    columnsPerChunk = roundUp(columnsPerChunk / 2, WIDE_COLUMNS);
  while (count() < CHUNKS && rowsPerChunk > 16) rowsPerChunk = roundUp(rowsPerChunk / 2, WHOLE_ROWS);
  return [rowsPerChunk, columnsPerChunk];
}
