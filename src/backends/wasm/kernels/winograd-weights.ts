import { address, word } from './simd';

/**
 * U = G g Gᵀ (winograd-transform.ts) of grouped 3×3 weights, elementwise over what `pack_grouped_weights` packed: for each
 * group and each 8 (at the end 4) of its output channels, [tap][inputs][8 or 4] → [place][inputs][8 or 4]. Backward-input
 * (`flipped`) turns the taps round. One chunk a group.
 * Arguments: 0 packed, 1 U, 2 inputs a group, 3 outputs a group, 4 flipped.
 */
export function winograd_weights(args: usize, chunk: i32): void {
  const inputs = word(args, 2);
  const outputs = word(args, 3);
  const size = <usize>(inputs * outputs) << 2;
  let from = address(args, 0) + <usize>chunk * 9 * size;
  let to = address(args, 1) + <usize>chunk * 16 * size;
  const half = f32x4.splat(0.5);
  for (let o = 0; o < outputs; o += 8) {
    const step = <usize>(inputs * (outputs - o >= 8 ? 8 : 4)) << 2;
    const next: isize = word(args, 4) ? -(<isize>step) : <isize>step;
    const begin = word(args, 4) ? from + 8 * step : from;
    for (let at: usize = 0; at < step; at += 16) {
      // Down the columns first: rows g0, (g0 + g1 + g2)/2, (g0 − g1 + g2)/2, g2 of three taps each.
      for (let row = 0; row < 4; row++) {
        const a = transformed(begin + at, next, 0, row, half);
        const b = transformed(begin + at, next, 1, row, half);
        const c = transformed(begin + at, next, 2, row, half);
        const sum = f32x4.mul(f32x4.add(a, c), half);
        const middle = f32x4.mul(b, half);
        const place = to + at + <usize>row * (step << 2);
        v128.store(place, a);
        v128.store(place + step, f32x4.add(sum, middle));
        v128.store(place + (step << 1), f32x4.sub(sum, middle));
        v128.store(place + (step << 1) + step, c);
      }
    }
    from += 9 * step;
    to += 16 * step;
  }
}

/** Element (row, column) of G g. */
// @ts-ignore: decorator
@inline
function transformed(taps: usize, next: isize, column: isize, row: i32, half: v128): v128 {
  const top = v128.load(taps + <usize>(column * next));
  const bottom = v128.load(taps + <usize>((6 + column) * next));
  if (row == 0) return top;
  if (row == 3) return bottom;
  const sum = f32x4.mul(f32x4.add(top, bottom), half);
  const middle = f32x4.mul(v128.load(taps + <usize>((3 + column) * next)), half);
  return row == 1 ? f32x4.add(sum, middle) : f32x4.sub(sum, middle);
}

/**
 * The gradient of g from that of U, Gᵀ dU G, elementwise, summed over slices in their order first: for each group and each 8
 * (at the end 4) outputs, [place][inputs][8 or 4] → [tap][inputs][8 or 4]. One chunk a group.
 * Arguments: 0 partial dU, 1 packed gradient, 2 inputs a group, 3 outputs a group, 4 slices, 5 bytes of a slice.
 */
export function winograd_weights_gradient(args: usize, chunk: i32): void {
  const inputs = word(args, 2);
  const outputs = word(args, 3);
  const slices = word(args, 4);
  const sliceBytes = address(args, 5);
  const size = <usize>(inputs * outputs) << 2;
  let from = address(args, 0) + <usize>chunk * 16 * size;
  let to = address(args, 1) + <usize>chunk * 9 * size;
  const half = f32x4.splat(0.5);
  for (let o = 0; o < outputs; o += 8) {
    const step = <usize>(inputs * (outputs - o >= 8 ? 8 : 4)) << 2;
    for (let at: usize = 0; at < step; at += 16) {
      for (let column: usize = 0; column < 3; column++) {
        // Rows of dU G, one column of it.
        const r0 = gathered(from + at, step, column, slices, sliceBytes, half);
        const r1 = gathered(from + at + (step << 2), step, column, slices, sliceBytes, half);
        const r2 = gathered(from + at + (step << 3), step, column, slices, sliceBytes, half);
        const r3 = gathered(from + at + 12 * step, step, column, slices, sliceBytes, half);
        const sum = f32x4.mul(f32x4.add(r1, r2), half);
        const tap = to + at + column * step;
        v128.store(tap, f32x4.add(r0, sum));
        v128.store(tap + 3 * step, f32x4.mul(f32x4.sub(r1, r2), half));
        v128.store(tap + 6 * step, f32x4.add(sum, r3));
      }
    }
    from += 16 * step;
    to += 9 * step;
  }
}

/** One element of dU G, from the four places of a row of dU. */
// @ts-ignore: decorator
@inline
function gathered(
  row: usize,
  step: usize,
  column: usize,
  slices: i32,
  sliceBytes: usize,
  half: v128,
): v128 {
  let p1 = v128.load(row + step);
  let p2 = v128.load(row + (step << 1));
  const edge = column == 2 ? row + 3 * step : row;
  let p0 = v128.load(edge);
  for (let slice: usize = 1; slice < <usize>slices; slice++) {
    const shift = slice * sliceBytes;
    p1 = f32x4.add(p1, v128.load(row + step + shift));
    p2 = f32x4.add(p2, v128.load(row + (step << 1) + shift));
    p0 = f32x4.add(p0, v128.load(edge + shift));
  }
  if (column == 1) return f32x4.mul(f32x4.sub(p1, p2), half);
  return f32x4.add(p0, f32x4.mul(f32x4.add(p1, p2), half));
}
