import { WinogradWeightsArgs, WinogradWeightsGradientArgs } from './args.generated';
import { WIDE } from './simd';

/*
 * Transforms of weights and of their gradients. Bound by memory: the slices of a gradient are many times its size (79 of 256 KB for 64
 * channels), so each is read once, as it lies (docs/LOG.md). In inference weights are transformed once.
 */

/**
 * U = G g Gᵀ (winograd-transform.ts) of grouped 3×3 weights, elementwise over what `pack_grouped_weights` packed: for each
 * group and each 8 (at the end 4) of its output channels, a panel, [tap][inputs][8 or 4] → [place][inputs][8 or 4].
 * Backward-input (`flipped`) turns the taps round. One chunk a panel.
 */
export function winograd_weights(args: WinogradWeightsArgs, chunk: i32): void {
  const inputs = args.inputs;
  const outputs = args.outputs;
  const before = channelsBefore(outputs, chunk);
  const step = panelBytes(inputs, outputs, chunk);
  const from = args.packed + <usize>before * 9 * (<usize>inputs << 2);
  let to = args.transformed + <usize>before * 16 * (<usize>inputs << 2);
  const next: isize = args.flipped ? -(<isize>step) : <isize>step;
  let begin = args.flipped ? from + 8 * step : from;
  for (const end = to + step; to < end; ) {
    if (WIDE && (step & 31) == 0) {
      placesOfPair(begin, next, to, step);
      begin += 32;
      to += 32;
    } else {
      placesOf(begin, next, to, step);
      begin += 16;
      to += 16;
    }
  }
}

/** Output channels of all groups before panel `chunk`: panels are of 8, the last of a group may be of 4. */
// @ts-ignore: decorator
@inline
function channelsBefore(outputs: i32, chunk: i32): i32 {
  const panels = (outputs + 7) >> 3;
  return (chunk / panels) * outputs + ((chunk % panels) << 3);
}

/** Bytes of one tap or place of panel `chunk`. */
// @ts-ignore: decorator
@inline
function panelBytes(inputs: i32, outputs: i32, chunk: i32): usize {
  const panels = (outputs + 7) >> 3;
  return <usize>(inputs * min(8, outputs - ((chunk % panels) << 3))) << 2;
}

/** Four elements of all places, from those of the first tap on. */
// @ts-ignore: decorator
@inline
function placesOf(taps: usize, next: isize, to: usize, step: usize): void {
  const half = f32x4.splat(0.5);
  const row = <usize>(3 * next);
  const a0 = v128.load(taps);
  const a1 = v128.load(taps + row);
  const a2 = v128.load(taps + 2 * row);
  taps += <usize>next;
  const b0 = v128.load(taps);
  const b1 = v128.load(taps + row);
  const b2 = v128.load(taps + 2 * row);
  taps += <usize>next;
  const c0 = v128.load(taps);
  const c1 = v128.load(taps + row);
  const c2 = v128.load(taps + 2 * row);
  // Down the columns first: rows g0, (g0 + g1 + g2)/2, (g0 − g1 + g2)/2, g2 of three taps each.
  const a = f32x4.mul(f32x4.add(a0, a2), half);
  const b = f32x4.mul(f32x4.add(b0, b2), half);
  const c = f32x4.mul(f32x4.add(c0, c2), half);
  const am = f32x4.mul(a1, half);
  const bm = f32x4.mul(b1, half);
  const cm = f32x4.mul(c1, half);
  const places = step << 2;
  storePlaces(to, step, a0, b0, c0, half);
  storePlaces(to + places, step, f32x4.add(a, am), f32x4.add(b, bm), f32x4.add(c, cm), half);
  storePlaces(to + 2 * places, step, f32x4.sub(a, am), f32x4.sub(b, bm), f32x4.sub(c, cm), half);
  storePlaces(to + 3 * places, step, a2, b2, c2, half);
}

/** One row of (G g) Gᵀ. */
// @ts-ignore: decorator
@inline
function storePlaces(to: usize, step: usize, a: v128, b: v128, c: v128, half: v128): void {
  const sum = f32x4.mul(f32x4.add(a, c), half);
  const middle = f32x4.mul(b, half);
  v128.store(to, a);
  v128.store(to + step, f32x4.add(sum, middle));
  v128.store(to + (step << 1), f32x4.sub(sum, middle));
  v128.store(to + (step << 1) + step, c);
}

/**
 * Twin of `placesOf` for eight elements, in neighbouring halves, kept apart because it loads, computes and stores them in the order
 * that V8 pairs, with a pointer that moves on (winograd-transform.ts says why).
 */
// @ts-ignore: decorator
@inline
function placesOfPair(taps: usize, next: isize, to: usize, step: usize): void {
  const half = f32x4.splat(0.5);
  const row = <usize>(3 * next);
  let p = taps;
  const a0 = v128.load(p);
  const A0 = v128.load(p, 16);
  p += row;
  const am = f32x4.mul(v128.load(p), half);
  const AM = f32x4.mul(v128.load(p, 16), half);
  p += row;
  const a2 = v128.load(p);
  const A2 = v128.load(p, 16);
  p = taps + <usize>next;
  const b0 = v128.load(p);
  const B0 = v128.load(p, 16);
  p += row;
  const bm = f32x4.mul(v128.load(p), half);
  const BM = f32x4.mul(v128.load(p, 16), half);
  p += row;
  const b2 = v128.load(p);
  const B2 = v128.load(p, 16);
  p = taps + <usize>(2 * next);
  const c0 = v128.load(p);
  const C0 = v128.load(p, 16);
  p += row;
  const cm = f32x4.mul(v128.load(p), half);
  const CM = f32x4.mul(v128.load(p, 16), half);
  p += row;
  const c2 = v128.load(p);
  const C2 = v128.load(p, 16);
  const a = f32x4.mul(f32x4.add(a0, a2), half);
  const A = f32x4.mul(f32x4.add(A0, A2), half);
  const b = f32x4.mul(f32x4.add(b0, b2), half);
  const B = f32x4.mul(f32x4.add(B0, B2), half);
  const c = f32x4.mul(f32x4.add(c0, c2), half);
  const C = f32x4.mul(f32x4.add(C0, C2), half);
  const places = step << 2;
  storePlacesPair(to, step, a0, A0, b0, B0, c0, C0, half);
  to += places;
  storePlacesPair(
    to, step, f32x4.add(a, am), f32x4.add(A, AM), f32x4.add(b, bm), f32x4.add(B, BM), f32x4.add(c, cm),
    f32x4.add(C, CM), half,
  );
  to += places;
  storePlacesPair(
    to, step, f32x4.sub(a, am), f32x4.sub(A, AM), f32x4.sub(b, bm), f32x4.sub(B, BM), f32x4.sub(c, cm),
    f32x4.sub(C, CM), half,
  );
  to += places;
  storePlacesPair(to, step, a2, A2, b2, B2, c2, C2, half);
}

// @ts-ignore: decorator
@inline
function storePlacesPair(to: usize, step: usize, a: v128, A: v128, b: v128, B: v128, c: v128, C: v128, half: v128): void {
  const sum = f32x4.mul(f32x4.add(a, c), half);
  const SUM = f32x4.mul(f32x4.add(A, C), half);
  const middle = f32x4.mul(b, half);
  const MIDDLE = f32x4.mul(B, half);
  v128.store(to, A, 16);
  v128.store(to, a);
  to += step;
  v128.store(to, f32x4.add(SUM, MIDDLE), 16);
  v128.store(to, f32x4.add(sum, middle));
  to += step;
  v128.store(to, f32x4.sub(SUM, MIDDLE), 16);
  v128.store(to, f32x4.sub(sum, middle));
  to += step;
  v128.store(to, C, 16);
  v128.store(to, c);
}

/** Bytes of a run of each place whose sums over slices lie in the scratch room at a time. */
const runBytes: usize = 2048;

/**
 * The gradient of g from that of U, Gᵀ dU G, elementwise, summed over slices in their order first: for each panel,
 * [place][inputs][8 or 4] → [tap][inputs][8 or 4]. One chunk a panel.
 */
export function winograd_weights_gradient(args: WinogradWeightsGradientArgs, chunk: i32, scratch: usize): void {
  const inputs = args.inputs;
  const outputs = args.outputs;
  const slices = args.slices;
  const before = channelsBefore(outputs, chunk);
  const step = panelBytes(inputs, outputs, chunk);
  const from = args.partials + <usize>before * 16 * (<usize>inputs << 2);
  const to = args.packed + <usize>before * 9 * (<usize>inputs << 2);
  for (let run: usize = 0; run < step; run += runBytes) {
    const bytes = min(runBytes, step - run);
    for (let place: usize = 0; place < 16; place++) {
      sum_slices(from + place * step + run, args.sliceBytes, slices, bytes, scratch + place * runBytes);
    }
    for (let at: usize = 0; at < bytes; at += 16) tapsOf(scratch + at, to + run + at, step);
  }
}

/** out ← Σ of `slices` arrays of `bytes`, a multiple of 64, from `from` on, `sliceBytes` apart, in their order. */
export function sum_slices(from: usize, sliceBytes: usize, slices: i32, bytes: usize, out: usize): void {
  for (const end = from + bytes; from < end; from += 64, out += 64) {
    let a = v128.load(from);
    let b = v128.load(from, 16);
    let c = v128.load(from, 32);
    let d = v128.load(from, 48);
    let at = from;
    for (let slice = 1; slice < slices; slice++) {
      at += sliceBytes;
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at, 16));
      c = f32x4.add(c, v128.load(at, 32));
      d = f32x4.add(d, v128.load(at, 48));
    }
    v128.store(out, b, 16);
    v128.store(out, a);
    v128.store(out, d, 48);
    v128.store(out, c, 32);
  }
}

/** Four elements of all taps, from those of all places, `runBytes` apart. */
// @ts-ignore: decorator
@inline
function tapsOf(places: usize, to: usize, step: usize): void {
  const half = f32x4.splat(0.5);
  for (let column: usize = 0; column < 3; column++) {
    // Rows of dU G, one column of it.
    const r0 = gathered(places, column, half);
    const r1 = gathered(places + 4 * runBytes, column, half);
    const r2 = gathered(places + 8 * runBytes, column, half);
    const r3 = gathered(places + 12 * runBytes, column, half);
    const sum = f32x4.mul(f32x4.add(r1, r2), half);
    const tap = to + column * step;
    v128.store(tap, f32x4.add(r0, sum));
    v128.store(tap + 3 * step, f32x4.mul(f32x4.sub(r1, r2), half));
    v128.store(tap + 6 * step, f32x4.add(sum, r3));
  }
}

/** One element of dU G, from the four places of a row of dU. */
// @ts-ignore: decorator
@inline
function gathered(row: usize, column: usize, half: v128): v128 {
  const p1 = v128.load(row + runBytes);
  const p2 = v128.load(row + 2 * runBytes);
  if (column == 1) return f32x4.mul(f32x4.sub(p1, p2), half);
  const p0 = v128.load(column == 2 ? row + 3 * runBytes : row);
  return f32x4.add(p0, f32x4.mul(f32x4.add(p1, p2), half));
}
