import { packTransposed } from './pack-taps';
import { TILE_COLUMNS } from './product-tile';
import { address, word } from './simd';

/** Columns of a panel, as in `lower/blas-panels.ts`. */
const PANEL = 64;

/**
 * Weights n×k into panels of 64 columns, [panel][k][64], for products that a native library does without packing; n is a
 * multiple of eight. A chunk is one panel. Arguments: 0 weights, 1 panels, 2 n, 3 k.
 */
export function pack_panels(args: usize, chunk: i32): void {
  const k = word(args, 3);
  const first = chunk * PANEL;
  const end = min(first + PANEL, word(args, 2));
  const panel = address(args, 1) + (<usize>(first * k) << 2);
  for (let column = first; column < end; column += TILE_COLUMNS) {
    const from = address(args, 0) + (<usize>(column * k) << 2);
    packTransposed(from, panel + (<usize>(column - first) << 2), PANEL << 2, k, k);
  }
}
