import { PackPanelRowsArgs } from './args.generated';

/** Columns of a panel, as in `lower/blas-panels.ts`. */
// @ts-ignore: decorator
@inline
const PANEL: i32 = 64;

/** A matrix k×n into panels of 64 columns, [panel][k][64], as `pack_panels` makes them of its transpose. A chunk is one panel. Bound by memory. */
export function pack_panel_rows(args: PackPanelRowsArgs, chunk: i32): void {
  const n = args.n;
  const k = args.k;
  const first = chunk * PANEL;
  const bytes = <usize>min(PANEL, n - first) << 2;
  const step = <usize>n << 2;
  let from = args.matrix + (<usize>first << 2);
  let to = args.panels + (<usize>(first * k) << 2);
  for (let row = 0; row < k; row++) {
    for (let at: usize = 0; at < bytes; at += 32) {
      const low = v128.load(from + at);
      const high = v128.load(from + at, 16);
      v128.store(to + at, high, 16);
      v128.store(to + at, low);
    }
    from += step;
    to += PANEL << 2;
  }
}
