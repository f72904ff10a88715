import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';

/** Floats of one chunk of memory-bound work: 128 KB, some 20 µs of a core, and within its second-level cache. */
export const chunkFloats = 32 * 1024;

/** Channels of a tile that sums over rows: 2 KB, so that rows are read in long runs. */
const tileChannels = 512;

/** Pixels of all pictures. */
export const pixelsOf = ([n, , h, w]: Shape): number => n * h * w;

export const bytesOf = (shape: Shape): number => 4 * sizeOf(shape);

/** A tensor as it is stored: rows (pixels of all pictures, or rows of a matrix) of channels. */
export function rowsOf(shape: Shape): { readonly rows: number; readonly channels: number } {
  return { rows: sizeOf(shape) / shape[1], channels: shape[1] };
}

/** Rows of `width` floats that make a chunk. */
export function rowsPerChunk(width: number): number {
  return Math.max(1, Math.floor(chunkFloats / width));
}

/** Tiles of rows × channels for a sum over rows: each leaves one partial row. */
export function tilesOf(shape: Shape) {
  const { rows, channels } = rowsOf(shape);
  const width = Math.min(channels, tileChannels);
  const height = rowsPerChunk(width);
  return {
    ...{ rows, channels, width, height },
    rowTiles: Math.ceil(rows / height),
    channelTiles: Math.ceil(channels / width),
  };
}
