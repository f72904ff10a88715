import { PackDepthwiseWeightsArgs, ReduceDepthwiseGradientArgs } from './args.generated';
import { madd, WIDE } from './simd';
import { ceilDivide } from './strip';

/*
 * What a depthwise convolution (one input channel a group) does differently inside `grouped_conv`: output channels, not
 * pixels, fill a vector. With a channel multiplier m, source planes hold each channel m times, so every output channel
 * has its own lane; backward-input sums the m lanes of each channel at the end.
 *
 * Bound by packing and by loads, one for each multiplication: 11 to 20 GFLOP/s a thread in 128 bits (docs/LOG.md). It remains for
 * what depthwise-3x3.ts does not do: other filters, padding and dilation, channel multipliers, channels that are no multiple of 4.
 */

/** 8 pixels × 4 channels. `table` lists (offset of x, offset of the weights) of each tap; weights are [tap][4]. */
export function tile_depthwise(x: usize, w: usize, table: usize, end: usize, out: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (; table < end; table += 8) {
    const xp = x + load<u32>(table);
    const weight = v128.load(w + load<u32>(table, 4));
    a0 = madd(v128.load(xp), weight, a0);
    a1 = madd(v128.load(xp, 16), weight, a1);
    a2 = madd(v128.load(xp, 32), weight, a2);
    a3 = madd(v128.load(xp, 48), weight, a3);
    a4 = madd(v128.load(xp, 64), weight, a4);
    a5 = madd(v128.load(xp, 80), weight, a5);
    a6 = madd(v128.load(xp, 96), weight, a6);
    a7 = madd(v128.load(xp, 112), weight, a7);
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
  v128.store(out, a5, 80);
  v128.store(out, a6, 96);
  v128.store(out, a7, 112);
}

/** As `packRow`, with lane k of the planes holding channel ⌊k / multiplier⌋ for k < channels. */
export function packRowRepeated(
  source: usize,
  pixelBytes: usize,
  width: i32,
  channels: i32,
  multiplier: i32,
  target: usize,
  phases: i32,
  perPhase: i32,
  left: i32,
): void {
  const planeBytes = <usize>(perPhase * phases) << 4;
  for (let k = 0; k < ((channels + 3) & ~3); k++) {
    const plane = target + <usize>(k >> 2) * planeBytes + (<usize>(k & 3) << 2);
    const from = source + (<usize>(k / multiplier) << 2);
    for (let phase = 0; phase < phases; phase++) {
      for (let j = 0; j < perPhase; j++) {
        const column = j * phases + phase - left;
        const inside = k < channels && column >= 0 && column < width;
        const value: f32 = inside ? load<f32>(from + <usize>column * pixelBytes) : 0;
        store<f32>(plane + (<usize>(phase * perPhase + j) << 4), value);
      }
    }
  }
}

/** Writes one row of dx: channel c is the sum of lanes c·multiplier … of the planes. */
export function emitRowSummed(
  source: usize,
  phases: i32,
  perPhase: i32,
  target: usize,
  pixelBytes: usize,
  width: i32,
  channels: i32,
  multiplier: i32,
): void {
  const planeBytes = <usize>(perPhase * phases) << 4;
  for (let phase = 0; phase < phases; phase++) {
    const count = ceilDivide(width - phase, phases);
    for (let j = 0; j < count; j++) {
      const from = source + (<usize>(phase * perPhase + j) << 4);
      const to = target + <usize>(j * phases + phase) * pixelBytes;
      for (let c = 0; c < channels; c++) {
        let sum: f32 = 0;
        for (let k = c * multiplier; k < (c + 1) * multiplier; k++) {
          sum += load<f32>(from + <usize>(k >> 2) * planeBytes + (<usize>(k & 3) << 2));
        }
        store<f32>(to + (<usize>c << 2), sum);
      }
    }
  }
}

/** Where tap 0 of channel k of a block lies, in [plane of 4 channels][tap][4] or, `beside` another plane, [8 channels][tap][8]. */
// @ts-ignore: decorator
@inline
function tapZero(k: i32, taps: i32, beside: bool): usize {
  const plane = beside ? k >> 3 << 1 : k >> 2;
  const lane = beside ? k & 7 : k & 3;
  return (<usize>(plane * taps) << 4) + (<usize>lane << 2);
}

/** Whether channel k has its plane beside that of another four channels, in a block of `count` channels. */
// @ts-ignore: decorator
@inline
function isBeside(k: i32, count: i32, paired: bool): bool {
  return WIDE && paired && (k & ~7) + 8 <= count;
}

/**
 * Depthwise weights K×R×S×1 → [block][plane of 4 channels][tap][4], zero lanes at the end of a block; taps in reverse
 * order if `flipped`. One chunk a block. If `paired`, the build for 256-bit vectors packs [8 channels][tap][8].
 */
export function pack_depthwise_weights(args: PackDepthwiseWeightsArgs, chunk: i32): void {
  const channels = args.filters;
  const taps = args.taps;
  const perBlock = args.perBlock;
  const planes = (perBlock + 3) >> 2;
  const first = chunk * perBlock;
  const count = min(perBlock, channels - first);
  const weights = args.weights + (<usize>(first * taps) << 2);
  const packed = args.packed + (<usize>(chunk * planes * taps) << 4);
  for (let k = 0; k < planes << 2; k++) {
    const beside = isBeside(k, count, args.paired != 0);
    const to = packed + tapZero(k, taps, beside);
    const step = beside ? 5 : 4;
    for (let tap = 0; tap < taps; tap++) {
      const value: f32 = k < count ? load<f32>(weights + (<usize>(k * taps + tap) << 2)) : 0;
      const place = args.flipped ? taps - 1 - tap : tap;
      store<f32>(to + (<usize>place << step), value);
    }
  }
}

/** Adds up the slices of a depthwise convolution's `grouped_gradient` into dw K×R×S×1. One chunk a block. */
export function reduce_depthwise_gradient(args: ReduceDepthwiseGradientArgs, chunk: i32): void {
  const channels = args.filters;
  const taps = args.taps;
  const perBlock = args.perBlock;
  const slices = args.slices;
  const first = chunk * perBlock;
  const count = min(perBlock, channels - first);
  const partials = args.partials + (<usize>(chunk * ((perBlock + 3) >> 2) * taps) << 4);
  const dw = args.dw + (<usize>(first * taps) << 2);
  const sliceBytes = args.sliceBytes;
  for (let k = 0; k < count; k += 4) {
    const beside = isBeside(k, count, args.paired != 0);
    const from = partials + tapZero(k, taps, beside);
    const step = beside ? 5 : 4;
    const lanes = min(count - k, 4);
    for (let tap = 0; tap < taps; tap++) {
      let at = from + (<usize>tap << step);
      let low = f64x2.splat(0);
      let high = low;
      for (let slice = 0; slice < slices; slice++, at += sliceBytes) {
        const v = v128.load(at);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f64>(v, v, 1, 1)));
      }
      const sum = v128.shuffle<f64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
      const to = dw + (<usize>(k * taps + tap) << 2);
      const pitch = <usize>taps << 2;
      store<f32>(to, f32x4.extract_lane(sum, 0));
      if (lanes > 1) store<f32>(to + pitch, f32x4.extract_lane(sum, 1));
      if (lanes > 2) store<f32>(to + 2 * pitch, f32x4.extract_lane(sum, 2));
      if (lanes > 3) store<f32>(to + 3 * pitch, f32x4.extract_lane(sum, 3));
    }
  }
}
