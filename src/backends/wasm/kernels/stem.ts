import { StemArgs } from './args.generated';
import { inTile, isLater } from './activation';
import { activate_rows } from './activations';
import { TILE_COLUMNS, TILE_ROWS, WIDE_COLUMNS } from './product-tile';
import { WIDE } from './simd';
import { STEM_STEP, stem_tile } from './stem-tile';
import { stem_tile_wide } from './stem-tile-wide.generated';

/** Bytes of a pixel of three channels. */
// @ts-ignore: decorator
@inline
const PIXEL: usize = 12;

/**
 * A dense convolution of pictures of three channels at stride 2, which most networks begin with. A chunk is some rows of one picture's
 * result. For each it copies the rows of x that are seen into scratch room, with zeros around them, and takes its tiles from there: nothing is
 * packed a patch at a time. Sums are those of `product`, bit for bit. Bound by arithmetic.
 */
export function stem(args: StemArgs, chunk: i32, scratch: usize): void {
  const height = args.height;
  const outHeight = args.outHeight;
  const outWidth = args.outWidth;
  const outChannels = args.outChannels;
  const filterRows = args.filterRows;
  const filterColumns = args.filterColumns;
  const padRows = args.padRows;
  const rowsPerChunk = args.rowsPerChunk;
  const rowChunks = args.rowChunks;
  const bias = args.bias;
  const activation = inTile(args.activation);

  const begin = (chunk % rowChunks) * rowsPerChunk;
  const end = min(begin + rowsPerChunk, outHeight);
  const image = chunk / rowChunks;
  const run = <usize>filterColumns * PIXEL;
  const line = <usize>(outWidth - 1) * STEM_STEP + run;
  const rowBytes = <usize>args.width * PIXEL;
  const x = args.x + <usize>(image * height) * rowBytes;
  const depth = filterRows * filterColumns * 3;
  const outStep = <usize>outChannels << 2;
  let out = args.y + <usize>((image * outHeight + begin) * outWidth) * outStep;

  for (let p = begin; p < end; p++) {
    for (let r = 0; r < filterRows; r++) {
      const h = 2 * p - padRows + r;
      const from = <u32>h < <u32>height ? x + <usize>h * rowBytes : 0;
      padded(from, rowBytes, scratch + <usize>r * line, line, <usize>args.padColumns * PIXEL);
    }
    for (let column = 0; column < outChannels; ) {
      const wide = WIDE && outChannels - column >= WIDE_COLUMNS;
      const panel = args.packed + (<usize>(column * depth) << 2);
      const offset = <usize>column << 2;
      const columnBias = bias ? bias + offset : 0;
      for (let next = 0; next < outWidth; next += TILE_ROWS) {
        // The last tile takes places that the one before took as well, to the same numbers.
        const q = min(next, outWidth - TILE_ROWS);
        const a = scratch + <usize>q * STEM_STEP;
        const to = out + <usize>q * outStep + offset;
        if (wide) stem_tile_wide(a, line, filterRows, run, panel, to, outStep, columnBias, activation);
        else stem_tile(a, line, filterRows, run, panel, to, outStep, columnBias, activation);
      }
      column += wide ? WIDE_COLUMNS : TILE_COLUMNS;
    }
    if (isLater(args.activation)) activate_rows(out, outWidth, outChannels, outStep, args.activation);
    out += <usize>outWidth * outStep;
  }
}

/** A row of a picture at `from`, or of zeros if that is 0, behind `left` bytes of zeros: `line` bytes of it, followed by zeros. */
function padded(from: usize, bytes: usize, to: usize, line: usize, left: usize): void {
  const some = from ? min(bytes, line - left) : 0;
  memory.fill(to, 0, left);
  memory.copy(to + left, from, some);
  memory.fill(to + left + some, 0, line - left - some);
}
