import { Activation } from './args.generated';
import { activationFloor, activationHasRest, limited } from './activation';

/**
 * Rows of a picture as planes of four channels: [plane][phase][column][4], padded with zeros on both sides. Whatever the
 * channel count of the tensor, neighbouring columns of a plane are 16 bytes apart, so a register tile addresses its pixels
 * with constants, never meets a border, and reads whole cache lines. With a stride of s the columns are split into s
 * phases (column mod s), which makes the columns one tap needs neighbours again.
 *
 * Bound by memory, or by the cache where rows were fetched before (fetch.ts): it copies, sixteen channels, a line of a pixel, at a time.
 */

/**
 * Packs channels of one row. `source` is the first channel wanted of column 0, columns are `pixelBytes` apart. Column j of
 * phase f holds column j·phases + f − left of the picture.
 */
export function packRow(
  source: usize,
  pixelBytes: usize,
  width: i32,
  channels: i32,
  target: usize,
  phases: i32,
  perPhase: i32,
  left: i32,
): void {
  const phaseBytes = <usize>perPhase << 4;
  const planeBytes = phaseBytes * <usize>phases;
  const planes = (channels + 3) >> 2;
  for (let phase = 0; phase < phases; phase++) {
    const begin = min(max(ceilDivide(left - phase, phases), 0), perPhase);
    const end = max(min(ceilDivide(width + left - phase, phases), perPhase), begin);
    const out = target + <usize>phase * phaseBytes;
    for (let plane = 0; plane < planes; plane++) {
      const row = out + <usize>plane * planeBytes;
      zeroVectors(row, row + (<usize>begin << 4));
      zeroVectors(row + (<usize>end << 4), row + (<usize>perPhase << 4));
    }
    const first = source + <usize>(begin * phases + phase - left) * pixelBytes;
    const step = pixelBytes * <usize>phases;
    const to = out + (<usize>begin << 4);
    const count = end - begin;
    let channel = 0;
    for (; channel + 16 <= channels; channel += 16) {
      copy16(first + (<usize>channel << 2), step, to + <usize>(channel >> 2) * planeBytes, planeBytes, count);
    }
    for (; channel + 4 <= channels; channel += 4) {
      let from = first + (<usize>channel << 2);
      const row = to + <usize>(channel >> 2) * planeBytes;
      for (let i = 0; i < count; i++, from += step) v128.store(row + (<usize>i << 4), v128.load(from));
    }
    if (channel < channels) {
      const rest = channels - channel;
      let from = first + (<usize>channel << 2);
      const row = to + <usize>(channel >> 2) * planeBytes;
      for (let i = 0; i < count; i++, from += step) v128.store(row + (<usize>i << 4), loadPartial(from, rest));
    }
  }
}

/** Borders are a vector or two, for which `memory.fill` is a slow call out of the module. */
// @ts-ignore: decorator
@inline
function zeroVectors(from: usize, end: usize): void {
  for (; from < end; from += 16) v128.store(from, f32x4.splat(0));
}

/** Sixteen channels, one cache line of each pixel, into four planes. */
// @ts-ignore: decorator
@inline
function copy16(from: usize, step: usize, to: usize, planeBytes: usize, count: i32): void {
  let a = to;
  let b = to + planeBytes;
  let c = to + planeBytes * 2;
  let d = to + planeBytes * 3;
  for (let i = 0; i < count; i++) {
    v128.store(a, v128.load(from));
    v128.store(b, v128.load(from, 16));
    v128.store(c, v128.load(from, 32));
    v128.store(d, v128.load(from, 48));
    from += step;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
}

/**
 * Writes the planes of one output row back to N×H×W×C and finishes it: + bias, + residual, then the activation. `bias` and
 * `residual` are 0 where there is none; `residual` and `target` are the first channel of column 0. Column j of phase f of the planes is
 * column j·phases + f of the output. If `paired`, planes are of eight channels, [plane][phase][column][8].
 */
export function emitRow(
  source: usize,
  phases: i32,
  perPhase: i32,
  target: usize,
  pixelBytes: usize,
  width: i32,
  channels: i32,
  bias: usize,
  residual: usize,
  activation: i32,
  paired: bool,
): void {
  if (activationHasRest(activation)) {
    emit(true, source, phases, perPhase, target, pixelBytes, width, channels, bias, residual, activation, paired);
  } else {
    emit(false, source, phases, perPhase, target, pixelBytes, width, channels, bias, residual, activation, paired);
  }
}

/** `capped`, a constant, tells whether the activation is ReLU6. */
// @ts-ignore: decorator
@inline
function emit(
  capped: bool,
  source: usize,
  phases: i32,
  perPhase: i32,
  target: usize,
  pixelBytes: usize,
  width: i32,
  channels: i32,
  bias: usize,
  residual: usize,
  activation: i32,
  paired: bool,
): void {
  const planeBytes = <usize>(perPhase * phases) << 4;
  const zero = f32x4.splat(0);
  const step = pixelBytes * <usize>phases;
  const advance: usize = paired ? 32 : 16;
  // From four channels to the next four, and to those after them.
  const next: usize = paired ? 16 : planeBytes;
  const afterNext = planeBytes << 1;
  for (let phase = 0; phase < phases; phase++) {
    const count = ceilDivide(width - phase, phases);
    const first = source + <usize>(phase * perPhase) * advance;
    let channel = 0;
    for (; channel + 16 <= channels; channel += 16) {
      const shift = <usize>phase * pixelBytes + (<usize>channel << 2);
      const from = first + <usize>(channel >> 2) * planeBytes;
      const beside: usize = residual == 0 ? 0 : residual + shift;
      const offsets: usize = bias == 0 ? 0 : bias + (<usize>channel << 2);
      emit16(capped, from, next, afterNext, advance, target + shift, step, count, offsets, beside, activation);
    }
    for (; channel < channels; channel += 4) {
      const rest = channels - channel;
      const shift = <usize>phase * pixelBytes + (<usize>channel << 2);
      let from = first + <usize>(channel >> 3) * afterNext + (channel & 4 ? next : 0);
      let to = target + shift;
      let beside = residual + shift;
      if (rest >= 4) {
        const offset = bias != 0 ? v128.load(bias + (<usize>channel << 2)) : zero;
        for (let i = 0; i < count; i++) {
          let v = f32x4.add(v128.load(from), offset);
          if (residual != 0) v = f32x4.add(v, v128.load(beside));
          if (activation != Activation.none) v = limited(v, zero, capped);
          v128.store(to, v);
          from += advance;
          to += step;
          beside += step;
        }
      } else {
        const offset = bias != 0 ? loadPartial(bias + (<usize>channel << 2), rest) : zero;
        for (let i = 0; i < count; i++) {
          let v = f32x4.add(v128.load(from), offset);
          if (residual != 0) v = f32x4.add(v, loadPartial(beside, rest));
          if (activation != Activation.none) v = limited(v, zero, capped);
          storePartial(to, v, rest);
          from += advance;
          to += step;
          beside += step;
        }
      }
    }
  }
}

/** Four planes into sixteen channels of each pixel, a whole cache line at a time. */
// @ts-ignore: decorator
@inline
function emit16(
  capped: bool,
  from: usize,
  next: usize,
  afterNext: usize,
  advance: usize,
  to: usize,
  step: usize,
  count: i32,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  const zero = f32x4.splat(0);
  const floor = f32x4.splat(activationFloor(activation));
  const biased = bias != 0;
  const b0 = biased ? v128.load(bias) : zero;
  const b1 = biased ? v128.load(bias, 16) : zero;
  const b2 = biased ? v128.load(bias, 32) : zero;
  const b3 = biased ? v128.load(bias, 48) : zero;
  let f1 = from + next;
  let f2 = from + afterNext;
  let f3 = f2 + next;
  for (let i = 0; i < count; i++) {
    let v0 = f32x4.add(v128.load(from), b0);
    let v1 = f32x4.add(v128.load(f1), b1);
    let v2 = f32x4.add(v128.load(f2), b2);
    let v3 = f32x4.add(v128.load(f3), b3);
    if (residual != 0) {
      v0 = f32x4.add(v0, v128.load(residual));
      v1 = f32x4.add(v1, v128.load(residual, 16));
      v2 = f32x4.add(v2, v128.load(residual, 32));
      v3 = f32x4.add(v3, v128.load(residual, 48));
      residual += step;
    }
    v128.store(to, limited(v0, floor, capped));
    v128.store(to, limited(v1, floor, capped), 16);
    v128.store(to, limited(v2, floor, capped), 32);
    v128.store(to, limited(v3, floor, capped), 48);
    from += advance;
    f1 += advance;
    f2 += advance;
    f3 += advance;
    to += step;
  }
}

/** The first `count` (1 to 3) floats at `from`, then zeros. */
// @ts-ignore: decorator
@inline
export function loadPartial(from: usize, count: i32): v128 {
  let v = v128.load32_zero(from);
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(from, 4));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(from, 8));
  return v;
}

/** The first `count` (1 to 3) lanes of `v`. */
// @ts-ignore: decorator
@inline
export function storePartial(to: usize, v: v128, count: i32): void {
  store<f32>(to, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(v, 2), 8);
}

/** ⌈a / b⌉ for b > 0 and any sign of a. */
// @ts-ignore: decorator
@inline
export function ceilDivide(a: i32, b: i32): i32 {
  return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/** ⌊a / b⌋ for b > 0 and any sign of a. */
// @ts-ignore: decorator
@inline
export function floorDivide(a: i32, b: i32): i32 {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}
