import { SoftmaxArgs, SoftmaxBackwardArgs } from './args.generated';
import { expNegative, LARGEST_POWER } from './exponential';
import { loadLanes, storeLanes } from './rows';
import { horizontalSum } from './simd';

/*
 * Softmax along the middle of [group][line][float]: four floats of a line side by side, or, where a line is a single float, four lines. The
 * largest is subtracted first. Sums are in a fixed order. Bound by exponentials.
 */

/** A chunk is some groups. */
export function softmax(args: SoftmaxArgs, chunk: i32): void {
  const length = args.length;
  const width = args.width;
  const bytes = <usize>(length * width) << 2;
  let group = chunk * args.groupsPerChunk;
  const end = min(group + args.groupsPerChunk, args.groups);
  for (; group < end; group++) {
    const x = args.x + <usize>group * bytes;
    const y = args.y + <usize>group * bytes;
    if (width == 1) {
      together(x, y, length);
    } else {
      for (let c = 0; c < width; c += 4) {
        const at = <usize>c << 2;
        sideBySide(x + at, y + at, length, <usize>width << 2, min(width - c, 4));
      }
    }
  }
}

/** e^(x − most), at least e^−87. NaN stays NaN. */
// @ts-ignore: decorator
@inline
function power(x: v128, most: v128): v128 {
  return expNegative(f32x4.pmin(f32x4.sub(most, x), f32x4.splat(LARGEST_POWER)));
}

/** Floats that lie one after the other. */
function together(x: usize, y: usize, length: i32): void {
  let greatest = f32x4.splat(-Infinity);
  let i = 0;
  // `max` of WebAssembly keeps NaN.
  for (; i + 4 <= length; i += 4) greatest = f32x4.max(greatest, v128.load(x + (<usize>i << 2)));
  let most = max(
    max(f32x4.extract_lane(greatest, 0), f32x4.extract_lane(greatest, 1)),
    max(f32x4.extract_lane(greatest, 2), f32x4.extract_lane(greatest, 3)),
  );
  for (; i < length; i++) most = max(most, load<f32>(x + (<usize>i << 2)));
  const mosts = f32x4.splat(most);
  let sums = f32x4.splat(0);
  i = 0;
  for (; i + 4 <= length; i += 4) {
    const at = <usize>i << 2;
    const e = power(v128.load(x + at), mosts);
    sums = f32x4.add(sums, e);
    v128.store(y + at, e);
  }
  let sum = horizontalSum(sums);
  for (; i < length; i++) {
    const at = <usize>i << 2;
    const e = f32x4.extract_lane(power(v128.load32_splat(x + at), mosts), 0);
    sum += e;
    store<f32>(y + at, e);
  }
  const all = f32x4.splat(sum);
  i = 0;
  for (; i + 4 <= length; i += 4) {
    const at = <usize>i << 2;
    v128.store(y + at, f32x4.div(v128.load(y + at), all));
  }
  for (; i < length; i++) store<f32>(y + (<usize>i << 2), load<f32>(y + (<usize>i << 2)) / sum);
}

/** Up to four floats of each line. */
function sideBySide(x: usize, y: usize, length: i32, pitch: usize, lanes: i32): void {
  const end = <usize>length * pitch;
  let most = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < end; at += pitch) most = f32x4.max(most, loadLanes(x + at, lanes));
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += pitch) {
    const e = power(loadLanes(x + at, lanes), most);
    sum = f32x4.add(sum, e);
    storeLanes(y + at, e, lanes);
  }
  for (let at: usize = 0; at < end; at += pitch) {
    storeLanes(y + at, f32x4.div(loadLanes(y + at, lanes), sum), lanes);
  }
}

/** dx = y·(dy − Σdy·y), where `args.x` is dy. A chunk is some groups. */
export function softmax_backward(args: SoftmaxBackwardArgs, chunk: i32): void {
  const length = args.length;
  const width = args.width;
  const bytes = <usize>(length * width) << 2;
  let group = chunk * args.groupsPerChunk;
  const end = min(group + args.groupsPerChunk, args.groups);
  for (; group < end; group++) {
    const dy = args.x + <usize>group * bytes;
    const y = args.y + <usize>group * bytes;
    const dx = args.dx + <usize>group * bytes;
    if (width == 1) {
      let sums = f32x4.splat(0);
      let i = 0;
      for (; i + 4 <= length; i += 4) {
        const at = <usize>i << 2;
        sums = f32x4.add(sums, f32x4.mul(v128.load(dy + at), v128.load(y + at)));
      }
      let sum = horizontalSum(sums);
      for (; i < length; i++) sum += load<f32>(dy + (<usize>i << 2)) * load<f32>(y + (<usize>i << 2));
      const all = f32x4.splat(sum);
      i = 0;
      for (; i + 4 <= length; i += 4) {
        const at = <usize>i << 2;
        v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), all)));
      }
      for (; i < length; i++) {
        const at = <usize>i << 2;
        store<f32>(dx + at, load<f32>(y + at) * (load<f32>(dy + at) - sum));
      }
    } else {
      const pitch = <usize>width << 2;
      for (let c = 0; c < width; c += 4) {
        const lanes = min(width - c, 4);
        const shift = <usize>c << 2;
        let sum = f32x4.splat(0);
        for (let at = shift; at < bytes; at += pitch) {
          sum = f32x4.add(sum, f32x4.mul(loadLanes(dy + at, lanes), loadLanes(y + at, lanes)));
        }
        for (let at = shift; at < bytes; at += pitch) {
          const gradient = f32x4.sub(loadLanes(dy + at, lanes), sum);
          storeLanes(dx + at, f32x4.mul(loadLanes(y + at, lanes), gradient), lanes);
        }
      }
    }
  }
}
