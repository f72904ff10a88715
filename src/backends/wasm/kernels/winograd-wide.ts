import { winograd_outer_wide_2x4x4, winograd_outer_wide_4x16, winograd_outer_wide_8x8 } from './winograd-outer-wide';
import {
  winograd_product_wide_16,
  winograd_product_wide_16_rest,
  winograd_product_wide_4x4,
  winograd_product_wide_8x8,
} from './winograd-product-wide';
import { winograd_product_4_wide } from './winograd-product-wide.generated';
import { winograd_inputs, winograd_outputs, winograd_spreads } from './winograd-tiles';
import { winograd_inputs_wide, winograd_outputs_wide, winograd_spreads_wide } from './winograd-tiles-wide.generated';

/*
 * Which product each group and place of a block goes to where planes are of eight channels, forward and of the gradient. Bound by the
 * register tiles that it calls.
 */

/** Whether a block's planes can be of eight channels: those of one group, or all of two. */
// @ts-ignore: decorator
@inline
export function winograd_is_wide(cg: i32, kg: i32, groups: i32): bool {
  return ((cg | kg) & 7) == 0 || (cg == 4 && kg == 4 && (groups & 1) == 0);
}

/** `winograd_inputs` into planes of eight channels if `wide`, else of four; `planeBytes` are those of four. */
// @ts-ignore: decorator
@inline
export function inputsOf(
  wide: bool, source: usize, height: i32, width: i32, pixelBytes: usize, channels: i32, tile: i32, count: i32,
  tileColumns: i32, tilesPerImage: i32, padH: i32, padW: i32, border: usize, out: usize, planeBytes: usize, placeBytes: usize,
): void {
  if (wide) {
    winograd_inputs_wide(
      source, height, width, pixelBytes, channels, tile, count, tileColumns, tilesPerImage, padH, padW, border, out,
      planeBytes << 1, placeBytes,
    );
  } else {
    winograd_inputs(
      source, height, width, pixelBytes, channels, tile, count, tileColumns, tilesPerImage, padH, padW, border, out, planeBytes, placeBytes,
    );
  }
}

/** `winograd_spreads` in the same way. */
// @ts-ignore: decorator
@inline
export function spreadsOf(
  wide: bool, source: usize, height: i32, width: i32, pixelBytes: usize, channels: i32, tile: i32, count: i32,
  tileColumns: i32, tilesPerImage: i32, zeros: usize, out: usize, planeBytes: usize, placeBytes: usize,
): void {
  if (wide) {
    winograd_spreads_wide(
      source, height, width, pixelBytes, channels, tile, count, tileColumns, tilesPerImage, zeros, out, planeBytes << 1, placeBytes,
    );
  } else {
    winograd_spreads(
      source, height, width, pixelBytes, channels, tile, count, tileColumns, tilesPerImage, zeros, out, planeBytes, placeBytes,
    );
  }
}

/** `winograd_outputs` in the same way. */
// @ts-ignore: decorator
@inline
export function outputsOf(
  wide: bool, products: usize, planeBytes: usize, placeBytes: usize, channels: i32, target: usize, height: i32, width: i32,
  pixelBytes: usize, tile: i32, count: i32, tileColumns: i32, tilesPerImage: i32, bias: usize, residual: usize, activation: i32,
): void {
  if (wide) {
    winograd_outputs_wide(
      products, planeBytes << 1, placeBytes, channels, target, height, width, pixelBytes, tile, count, tileColumns,
      tilesPerImage, bias, residual, activation,
    );
  } else {
    winograd_outputs(
      products, planeBytes, placeBytes, channels, target, height, width, pixelBytes, tile, count, tileColumns,
      tilesPerImage, bias, residual, activation,
    );
  }
}

/** The products of a block whose planes are of eight channels. `planeBytes` are those of one. */
export function winograd_products_wide(
  cg: i32,
  kg: i32,
  groups: i32,
  inputs: i32,
  outputs: i32,
  c0: i32,
  transformed: usize,
  planeBytes: usize,
  placeBytes: usize,
  weights: usize,
  products: usize,
  outPlaceBytes: usize,
  count: i32,
): void {
  const groupBytes = <usize>(cg * kg) << 6;
  if (cg == 4) {
    for (let group = 0; group < groups; group += 2) {
      for (let place: usize = 0; place < 16; place++) {
        winograd_product_wide_4x4(
          transformed + place * placeBytes,
          weights + (place << 6),
          products + place * outPlaceBytes,
          count,
        );
      }
      transformed += planeBytes;
      products += planeBytes;
      weights += groupBytes << 1;
    }
    return;
  }
  const step = <usize>cg << 5;
  for (let group = 0; group < groups; group++) {
    let from = weights + <usize>group * groupBytes + (<usize>c0 << 5);
    for (let k = 0; k < outputs; ) {
      const two = k + 16 <= outputs;
      for (let place: usize = 0; place < 16; place++) {
        const x = transformed + place * placeBytes;
        const w = from + place * step;
        const to = products + place * outPlaceBytes;
        if (two) sixteen(x, planeBytes, w, step << 4, inputs, to, count, c0);
        else if (cg == 8) winograd_product_wide_8x8(x, w, to, count);
        else winograd_product_4_wide(x, planeBytes, w, inputs, to, count, c0);
      }
      k += two ? 16 : 8;
      products += two ? planeBytes << 1 : planeBytes;
      from += two ? step << 5 : step << 4;
    }
    transformed += <usize>(inputs >> 3) * planeBytes;
  }
}

/** Sixteen output channels of a place: six tiles at a time, and at the end one or two times four. */
// @ts-ignore: decorator
@inline
function sixteen(
  x: usize,
  planeBytes: usize,
  w: usize,
  panelBytes: usize,
  inputs: i32,
  out: usize,
  count: i32,
  add: i32,
): void {
  const tiles = (count + 3) & ~3;
  const rest = tiles % 6 == 2 ? 8 : tiles % 6;
  const sixes = tiles - rest;
  const done = <usize>sixes << 5;
  if (sixes > 0) winograd_product_wide_16(x, planeBytes, w, panelBytes, inputs, out, planeBytes, sixes, add);
  if (rest > 0) {
    winograd_product_wide_16_rest(x + done, planeBytes, w, panelBytes, inputs, out + done, planeBytes, rest, add);
  }
}

/** What the tiles of one group, in planes of eight channels, add to its partial dU, whose elements from input c0 on are at `out`. */
export function winograd_outers_wide(
  cg: i32,
  inputs: i32,
  outputs: i32,
  x: usize,
  placeBytes: usize,
  dy: usize,
  outPlaceBytes: usize,
  planeBytes: usize,
  count: i32,
  out: usize,
  fresh: bool,
): void {
  const step = <usize>cg << 5;
  for (let k = 0; k < outputs; ) {
    const two = k + 16 <= outputs;
    for (let place: usize = 0; place < 16; place++) {
      const dp = dy + place * outPlaceBytes;
      let xp = x + place * placeBytes;
      let to = out + place * step;
      for (let c = 0; c < inputs; c += 8, xp += planeBytes, to += 256) {
        if (two) {
          winograd_outer_wide_4x16(xp, dp, planeBytes, count, to, step << 4, fresh);
          winograd_outer_wide_4x16(xp + 16, dp, planeBytes, count, to + 128, step << 4, fresh);
        } else {
          winograd_outer_wide_8x8(xp, dp, count, to, fresh);
        }
      }
    }
    k += two ? 16 : 8;
    dy += two ? planeBytes << 1 : planeBytes;
    out += two ? step << 5 : step << 4;
  }
}

/** The same for two groups of 4 input × 4 output channels, which lie in one plane; `sums` has room for 256 bytes. */
export function winograd_outers_wide_4x4(
  x: usize,
  placeBytes: usize,
  dy: usize,
  outPlaceBytes: usize,
  count: i32,
  out: usize,
  fresh: bool,
  sums: usize,
): void {
  for (let place: usize = 0; place < 16; place += 2, out += 128) {
    const xp = x + place * placeBytes;
    const dp = dy + place * outPlaceBytes;
    winograd_outer_wide_2x4x4(xp, xp + placeBytes, dp, dp + outPlaceBytes, count, sums);
    // A group's partial dU is 16 places of 64 bytes.
    for (let i: usize = 0; i < 8; i++) {
      addSum(out + (i << 4), sums + (i << 5), fresh);
      addSum(out + 1024 + (i << 4), sums + (i << 5) + 16, fresh);
    }
  }
}

// @ts-ignore: decorator
@inline
function addSum(to: usize, from: usize, fresh: bool): void {
  v128.store(to, f32x4.add(fresh ? f32x4.splat(0) : v128.load(to), v128.load(from)));
}
