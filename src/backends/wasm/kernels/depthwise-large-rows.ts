import { activate, activationFloor, activationHasRest, inTile, isLater, limited } from './activation';
import { activate_rows } from './activations';
import { PIXEL } from './depthwise-large-tiles';

/*
 * Rows of sixteen channels, packed: what the tiles of depthwise-large-tiles.ts read and write. Packing costs a load and a store where a
 * tile does 25 or 49 multiply–adds.
 */

/**
 * Packs a row of `width` pixels, `pitch` bytes apart, of which `bytes` bytes count (a multiple of 16, at most a packed pixel): `left` pixels
 * of zeros, the row, zeros up to `columns`. From 0 comes a row of zeros.
 */
export function pack_depthwise_row(
  from: usize,
  pitch: usize,
  width: i32,
  bytes: usize,
  left: i32,
  columns: i32,
  to: usize,
): void {
  const begin = <usize>left * PIXEL;
  const end = begin + <usize>width * PIXEL;
  const all = <usize>columns * PIXEL;
  if (from == 0) {
    memory.fill(to, 0, all);
    return;
  }
  for (let at: usize = 0; at < begin; at += 16) v128.store(to + at, f32x4.splat(0));
  if (bytes == PIXEL) {
    for (let at = begin; at < end; at += PIXEL) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const c = v128.load(from, 32);
      const d = v128.load(from, 48);
      v128.store(to + at, b, 16);
      v128.store(to + at, a);
      v128.store(to + at, d, 48);
      v128.store(to + at, c, 32);
      from += pitch;
    }
  } else {
    for (let at = begin; at < end; at += PIXEL) {
      for (let c: usize = 0; c < bytes; c += 16) v128.store(to + at + c, v128.load(from + c));
      from += pitch;
    }
  }
  for (let at = end; at < all; at += 16) v128.store(to + at, f32x4.splat(0));
}

/**
 * Writes a row of `count` packed pixels where they belong, `pitch` bytes apart, of which `bytes` bytes count: with `bias`, what lies at
 * `residual` in the same way if that is not 0, and the activation. Sums are taken in the order of `grouped_conv`, to the same bits.
 * Activations that are no part of tiles are applied to whole rows while they are packed.
 */
export function emit_depthwise_pixels(
  from: usize,
  count: i32,
  bytes: usize,
  to: usize,
  pitch: usize,
  bias: usize,
  residual: usize,
  activation: i32,
): void {
  if (bytes == PIXEL && residual == 0) {
    const floor = f32x4.splat(activationFloor(inTile(activation)));
    if (isLater(activation)) {
      finishPixels(false, from, count, from, PIXEL, bias, floor);
      activate_rows(from, 1, count << 4, <usize>count << 6, activation);
      copyPixels(from, count, to, pitch);
    } else if (activationHasRest(activation)) finishPixels(true, from, count, to, pitch, bias, floor);
    else finishPixels(false, from, count, to, pitch, bias, floor);
    return;
  }
  const now = inTile(activation);
  const begin = to;
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < bytes; c += 16) {
      let v = f32x4.add(v128.load(from + c), v128.load(bias + c));
      if (residual != 0) v = f32x4.add(v, v128.load(residual + c));
      v128.store(to + c, activate(v, now));
    }
    from += PIXEL;
    to += pitch;
    if (residual != 0) residual += pitch;
  }
  if (isLater(activation)) activate_rows(begin, count, <i32>(bytes >> 2), pitch, activation);
}

/** `capped`, a constant, tells whether the activation is ReLU6. Pairs of vectors, which become one of 256 bits. */
// @ts-ignore: decorator
@inline
function finishPixels(capped: bool, from: usize, count: i32, to: usize, pitch: usize, bias: usize, floor: v128): void {
  const b0 = v128.load(bias);
  const b1 = v128.load(bias, 16);
  const b2 = v128.load(bias, 32);
  const b3 = v128.load(bias, 48);
  for (let i = 0; i < count; i++, from += PIXEL, to += pitch) {
    const v0 = limited(f32x4.add(v128.load(from), b0), floor, capped);
    const v1 = limited(f32x4.add(v128.load(from, 16), b1), floor, capped);
    const v2 = limited(f32x4.add(v128.load(from, 32), b2), floor, capped);
    const v3 = limited(f32x4.add(v128.load(from, 48), b3), floor, capped);
    v128.store(to, v1, 16);
    v128.store(to, v0);
    v128.store(to, v3, 48);
    v128.store(to, v2, 32);
  }
}

// @ts-ignore: decorator
@inline
function copyPixels(from: usize, count: i32, to: usize, pitch: usize): void {
  for (let i = 0; i < count; i++, from += PIXEL, to += pitch) {
    const v0 = v128.load(from);
    const v1 = v128.load(from, 16);
    const v2 = v128.load(from, 32);
    const v3 = v128.load(from, 48);
    v128.store(to, v1, 16);
    v128.store(to, v0);
    v128.store(to, v3, 48);
    v128.store(to, v2, 32);
  }
}
