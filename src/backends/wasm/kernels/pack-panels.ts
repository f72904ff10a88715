import { PackPanelsArgs } from './args.generated';
import { packTransposed } from './pack-taps';
import { TILE_COLUMNS } from './product-tile';

/** Columns of a panel, as in `lower/blas-panels.ts`. */
const PANEL = 64;

/**
 * Weights n×k into panels of 64 columns, [panel][k][64], for products that a native library does without packing. A chunk is
 * one panel. Bound by memory; where weights stay as they are it runs once.
 */
export function pack_panels(args: PackPanelsArgs, chunk: i32): void {
  const k = args.k;
  const first = chunk * PANEL;
  const end = min(first + PANEL, args.n);
  const panel = args.panels + (<usize>(first * k) << 2);
  for (let column = first; column < end; column += TILE_COLUMNS) {
    const from = args.weights + (<usize>(column * k) << 2);
    packTransposed(from, panel + (<usize>(column - first) << 2), PANEL << 2, k, k);
  }
}
