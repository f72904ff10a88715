import { address, word } from './simd';
import { ACCUMULATE, BIAS, RELU, RESIDUAL, TILE_COLUMNS, TILE_ROWS, productTile } from './product-tile';

/** Places in a thread's scratch room. */
// @ts-ignore: decorator
@inline
const ZEROS: usize = 0;
// @ts-ignore: decorator
@inline
const TILE: usize = 4096;
// @ts-ignore: decorator
@inline
const TILE_OUTS: usize = 4224;
// @ts-ignore: decorator
@inline
const OUTS: usize = 4240;
// @ts-ignore: decorator
@inline
const PLACES: usize = 4256;
// @ts-ignore: decorator
@inline
const ROWS: usize = 8192;

/**
 * Matrix product with a gathered left side: every convolution's forward and backward-input pass, and `linear`'s.
 *
 *   out[n, i, j, g, column] = bias + residual + Σ_tap Σ_c source[n, i·sh + oh(tap), j·sw + ow(tap), g, c] · b[g, tap, c, column]
 *
 * for a grid of (i, j), where places outside of the source count as zero, then ReLU. The output place of (i, j) is
 * (outTop + i·outStepV, outLeft + j·outStepH). `b` comes from `packTaps`, in the same blocks of the reduction.
 * A chunk is a block of rows × a block of columns of one group. Blocks of the reduction are outermost, so that a block of
 * B (at most 256 KiB) stays in the second-level cache while all rows of the chunk pass by.
 *
 * Arguments: see `ProductArgs` in `lower/product.ts`, which writes them in this order.
 */
export function product(args: usize, chunk: i32, scratch: usize): void {
  const source = address(args, 0);
  const out = address(args, 2);
  const bias = address(args, 3);
  const residual = address(args, 4);
  const relu = word(args, 5);
  const batch = word(args, 6);
  const gridHeight = word(args, 7);
  const gridWidth = word(args, 8);
  const height = word(args, 9);
  const width = word(args, 10);
  const sourceChannels = word(args, 11);
  const stepVertical = word(args, 12);
  const stepHorizontal = word(args, 13);
  const outHeight = word(args, 14);
  const outWidth = word(args, 15);
  const outChannels = word(args, 16);
  const outTop = word(args, 17);
  const outStepVertical = word(args, 18);
  const outLeft = word(args, 19);
  const outStepHorizontal = word(args, 20);
  const inner = word(args, 21);
  const columns = word(args, 22);
  const rowsPerChunk = word(args, 23);
  const columnsPerChunk = word(args, 24);
  const rowChunks = word(args, 25);
  const columnChunks = word(args, 26);
  const tapsPerBlock = word(args, 27);
  const innerPerBlock = word(args, 28);
  const taps = word(args, 29);
  const tapList = args + 30 * 4;

  const columnChunk = chunk % columnChunks;
  const rest = chunk / columnChunks;
  const rowChunk = rest % rowChunks;
  const group = rest / rowChunks;
  const rowBegin = rowChunk * rowsPerChunk;
  const rowEnd = min(rowBegin + rowsPerChunk, batch * gridHeight * gridWidth);
  const columnBegin = columnChunk * columnsPerChunk;
  const columnEnd = min(columnBegin + columnsPerChunk, columns);
  const paddedColumns = (columns + TILE_COLUMNS - 1) & ~(TILE_COLUMNS - 1);
  const b = address(args, 1) + ((<usize>group * taps * inner * paddedColumns) << 2);
  const groupSource = source + ((<usize>group * inner) << 2);
  const groupOut = out + ((<usize>group * columns) << 2);
  const groupBias = bias + ((<usize>group * columns) << 2);

  memory.fill(scratch + ZEROS, 0, <usize>innerPerBlock << 2);
  for (let row = 0; row < TILE_ROWS; row++) {
    store<u32>(scratch + TILE_OUTS + (<usize>row << 2), <u32>(scratch + TILE + (<usize>row << 5)));
  }
  const start = (bias ? BIAS : 0) | (residual ? RESIDUAL : 0);
  const residualDistance = residual - out;

  let tap = 0;
  do {
    const blockTaps = min(tapsPerBlock, taps - tap);
    let first = 0;
    do {
      const length = min(innerPerBlock, inner - first);
      const isFirst = tap == 0 && first == 0;
      const isLast = tap + blockTaps >= taps && first + length >= inner;
      const mode = (isFirst ? start : ACCUMULATE) | (relu && isLast ? RELU : 0);
      const depth = blockTaps * length;
      const block = b + ((<usize>(tap * inner + first) * paddedColumns) << 2);

      let j = rowBegin % gridWidth;
      let i = (rowBegin / gridWidth) % gridHeight;
      let n = rowBegin / gridWidth / gridHeight;
      for (let row = rowBegin; row < rowEnd; row += TILE_ROWS) {
        // Where the four rows read and write. Past the end the last row is computed again, which changes nothing.
        for (let r = 0; r < TILE_ROWS; r++) {
          const place = scratch + PLACES + (<usize>r << 4);
          store<i32>(place, n * height, 0);
          store<i32>(place, i * stepVertical, 4);
          store<i32>(place, j * stepHorizontal, 8);
          const outPlace =
            <usize>((n * outHeight + outTop + i * outStepVertical) * outWidth + outLeft + j * outStepHorizontal);
          store<u32>(scratch + OUTS + (<usize>r << 2), <u32>(groupOut + ((outPlace * outChannels) << 2)));
          if (row + r + 1 < rowEnd) {
            if (++j == gridWidth) {
              j = 0;
              if (++i == gridHeight) {
                i = 0;
                n++;
              }
            }
          }
        }
        let pointer = scratch + ROWS;
        let offsets = tapList + (<usize>tap << 3);
        for (let t = 0; t < blockTaps; t++) {
          const above = load<i32>(offsets, 0);
          const before = load<i32>(offsets, 4);
          offsets += 8;
          for (let r = 0; r < TILE_ROWS; r++) {
            const place = scratch + PLACES + (<usize>r << 4);
            const h = load<i32>(place, 4) + above;
            const w = load<i32>(place, 8) + before;
            let from = scratch + ZEROS;
            if (<u32>h < <u32>height && <u32>w < <u32>width) {
              from =
                groupSource +
                ((<usize>((load<i32>(place, 0) + h) * width + w) * sourceChannels + <usize>first) << 2);
            }
            store<u32>(pointer, <u32>from);
            pointer += 4;
          }
        }
        for (let column = columnBegin; column < columnEnd; column += TILE_COLUMNS) {
          const panel = block + ((<usize>column * depth) << 2);
          const offset = <usize>column << 2;
          if (column + TILE_COLUMNS <= columns) {
            productTile(
              scratch + ROWS,
              blockTaps,
              length,
              panel,
              scratch + OUTS,
              offset,
              groupBias + offset,
              residualDistance,
              mode,
            );
          } else {
            const some = columns - column;
            readPart(scratch, offset, some, groupBias, residualDistance, mode);
            productTile(
              scratch + ROWS,
              blockTaps,
              length,
              panel,
              scratch + TILE_OUTS,
              0,
              0,
              0,
              ACCUMULATE | (mode & RELU),
            );
            writePart(scratch, offset, some);
          }
        }
      }
      first += innerPerBlock;
    } while (first < inner);
    tap += tapsPerBlock;
  } while (tap < taps);
}

/** Fills the scratch tile with what the sums of fewer than eight columns start from. */
function readPart(scratch: usize, offset: usize, some: i32, bias: usize, residual: usize, mode: i32): void {
  for (let r = 0; r < TILE_ROWS; r++) {
    const from = <usize>load<u32>(scratch + OUTS + (<usize>r << 2)) + offset;
    const to = scratch + TILE + (<usize>r << 5);
    for (let k = 0; k < TILE_COLUMNS; k++) {
      const at = <usize>k << 2;
      let value: f32 = 0;
      if (k < some) {
        if (mode & ACCUMULATE) {
          value = load<f32>(from + at);
        } else {
          if (mode & RESIDUAL) value = load<f32>(from + residual + at);
          if (mode & BIAS) value += load<f32>(bias + offset + at);
        }
      }
      store<f32>(to + at, value);
    }
  }
}

/** Copies `some` columns of the scratch tile to their places. */
function writePart(scratch: usize, offset: usize, some: i32): void {
  for (let r = 0; r < TILE_ROWS; r++) {
    const to = <usize>load<u32>(scratch + OUTS + (<usize>r << 2)) + offset;
    const from = scratch + TILE + (<usize>r << 5);
    for (let k = 0; k < some; k++) store<f32>(to + (<usize>k << 2), load<f32>(from + (<usize>k << 2)));
  }
}
