import { address, word } from './simd';

/** Floats from one place to another, or zeros if `from` is 0; short runs, so no call to `memory.copy`. */
// @ts-ignore: decorator
@inline
function move(to: usize, from: usize, count: i32): void {
  const end = <usize>count << 2;
  const wide = end & ~15;
  if (from == 0) {
    for (let i: usize = 0; i < wide; i += 16) v128.store(to + i, f32x4.splat(0));
    for (let i = wide; i < end; i += 4) store<f32>(to + i, 0);
  } else {
    for (let i: usize = 0; i < wide; i += 16) v128.store(to + i, v128.load(from + i));
    for (let i = wide; i < end; i += 4) store<f32>(to + i, load<f32>(from + i));
  }
}

/**
 * A run of channels of every pixel, for concat, slice_channels and pad_channels; zeros if there is no source.
 * Arguments: 0 source or 0, 1 target, 2 pixels, 3 pixels a chunk, 4 channels of source, 5 first one, 6 channels of target,
 * 7 first one, 8 length.
 */
export function copy_channels(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 3);
  const end = min(begin + word(args, 3), word(args, 2));
  const length = word(args, 8);
  const sourcePitch = <usize>word(args, 4) << 2;
  const targetPitch = <usize>word(args, 6) << 2;
  const given = address(args, 0) != 0;
  let from = address(args, 0) + (<usize>word(args, 5) << 2) + <usize>begin * sourcePitch;
  let to = address(args, 1) + (<usize>word(args, 7) << 2) + <usize>begin * targetPitch;
  for (let i = begin; i < end; i++) {
    move(to, given ? from : 0, length);
    from += sourcePitch;
    to += targetPitch;
  }
}

/**
 * x in the middle of zeros, or what lies within its edges: y[p, q] = x[p − top, q − left], 0 outside of x. A chunk is a row of y.
 * Arguments: 0 x, 1 y, 2 H, 3 W, 4 C, 5 P, 6 Q, 7 top, 8 left (negative to crop).
 */
export function pad_picture(args: usize, chunk: i32): void {
  const height = word(args, 2);
  const width = word(args, 3);
  const channels = word(args, 4);
  const outWidth = word(args, 6);
  const left = word(args, 8);
  const image = chunk / word(args, 5);
  const row = (chunk % word(args, 5)) - word(args, 7);
  const pitch = <usize>channels << 2;
  const to = address(args, 1) + <usize>(chunk * outWidth) * pitch;
  // Columns of y from `begin` to `end` are of x.
  const begin = max(left, 0);
  const end = row < 0 || row >= height ? begin : min(left + width, outWidth);
  memory.fill(to, 0, <usize>begin * pitch);
  const from = address(args, 0) + <usize>((image * height + row) * width + begin - left) * pitch;
  if (end > begin) memory.copy(to + <usize>begin * pitch, from, <usize>(end - begin) * pitch);
  memory.fill(to + <usize>end * pitch, 0, <usize>(outWidth - end) * pitch);
}

/** y[p, q] = x[p·stride, q·stride]. A chunk is a row of y. Arguments: 0 x, 1 y, 2 H, 3 W, 4 C, 5 P, 6 Q, 7 stride. */
export function subsample(args: usize, chunk: i32): void {
  const channels = word(args, 4);
  const outWidth = word(args, 6);
  const stride = word(args, 7);
  const image = chunk / word(args, 5);
  const row = image * word(args, 2) + (chunk % word(args, 5)) * stride;
  const pitch = <usize>channels << 2;
  let from = address(args, 0) + <usize>(row * word(args, 3)) * pitch;
  let to = address(args, 1) + <usize>(chunk * outWidth) * pitch;
  for (let q = 0; q < outWidth; q++) {
    move(to, from, channels);
    from += pitch * <usize>stride;
    to += pitch;
  }
}

/** dx[p·stride, q·stride] = dy[p, q], else 0. A chunk is a row of dx. Arguments: 0 dy, 1 dx, 2 H, 3 W, 4 C, 5 P, 6 Q, 7 stride. */
export function subsample_backward(args: usize, chunk: i32): void {
  const width = word(args, 3);
  const channels = word(args, 4);
  const stride = word(args, 7);
  const image = chunk / word(args, 2);
  const h = chunk % word(args, 2);
  const pitch = <usize>channels << 2;
  const dy = address(args, 0) + <usize>((image * word(args, 5) + h / stride) * word(args, 6)) * pitch;
  let to = address(args, 1) + <usize>(chunk * width) * pitch;
  for (let v = 0; v < width; v++) {
    const taken = h % stride == 0 && v % stride == 0;
    move(to, taken ? dy + <usize>(v / stride) * pitch : 0, channels);
    to += pitch;
  }
}

/**
 * Pixels × channels to channels × pixels within each picture, for flatten and (the sizes swapped) its gradient.
 * A chunk is one picture and some rows of the source. Arguments: 0 source, 1 target, 2 rows, 3 columns of a picture's
 * source, 4 source rows a chunk, 5 chunks a picture.
 */
export function transpose(args: usize, chunk: i32): void {
  const rows = word(args, 2);
  const columns = word(args, 3);
  const image = chunk / word(args, 5);
  const first = (chunk % word(args, 5)) * word(args, 4);
  const end = min(first + word(args, 4), rows);
  const source = address(args, 0) + (<usize>(image * rows * columns) << 2);
  const target = address(args, 1) + (<usize>(image * rows * columns) << 2);
  for (let column = 0; column < columns; column++) {
    let from = source + (<usize>(first * columns + column) << 2);
    let to = target + (<usize>(column * rows + first) << 2);
    for (let row = first; row < end; row++) {
      store<f32>(to, load<f32>(from));
      from += <usize>columns << 2;
      to += 4;
    }
  }
}
