import {
  CopyChannelsArgs,
  PadPictureArgs,
  SubsampleArgs,
  SubsampleBackwardArgs,
  TransposeArgs,
} from './args.generated';

/* What moves numbers and computes nothing: bound by memory. */

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
 */
export function copy_channels(args: CopyChannelsArgs, chunk: i32): void {
  const begin = chunk * args.pixelsPerChunk;
  const end = min(begin + args.pixelsPerChunk, args.pixels);
  const length = args.length;
  const sourcePitch = <usize>args.sourceChannels << 2;
  const targetPitch = <usize>args.targetChannels << 2;
  const given = args.source != 0;
  let from = args.source + (<usize>args.sourceFirst << 2) + <usize>begin * sourcePitch;
  let to = args.target + (<usize>args.targetFirst << 2) + <usize>begin * targetPitch;
  for (let i = begin; i < end; i++) {
    move(to, given ? from : 0, length);
    from += sourcePitch;
    to += targetPitch;
  }
}

/**
 * x in the middle of zeros, or what lies within its edges: y[p, q] = x[p − top, q − left], 0 outside of x. A chunk is a row of y.
 */
export function pad_picture(args: PadPictureArgs, chunk: i32): void {
  const height = args.height;
  const width = args.width;
  const channels = args.channels;
  const outWidth = args.outWidth;
  const left = args.left;
  const image = chunk / args.outHeight;
  const row = (chunk % args.outHeight) - args.top;
  const pitch = <usize>channels << 2;
  const to = args.y + <usize>(chunk * outWidth) * pitch;
  // Columns of y from `begin` to `end` are of x.
  const begin = max(left, 0);
  const end = row < 0 || row >= height ? begin : min(left + width, outWidth);
  memory.fill(to, 0, <usize>begin * pitch);
  const from = args.x + <usize>((image * height + row) * width + begin - left) * pitch;
  if (end > begin) memory.copy(to + <usize>begin * pitch, from, <usize>(end - begin) * pitch);
  memory.fill(to + <usize>end * pitch, 0, <usize>(outWidth - end) * pitch);
}

/** y[p, q] = x[p·stride, q·stride]. A chunk is a row of y. */
export function subsample(args: SubsampleArgs, chunk: i32): void {
  const channels = args.channels;
  const outWidth = args.outWidth;
  const stride = args.stride;
  const image = chunk / args.outHeight;
  const row = image * args.height + (chunk % args.outHeight) * stride;
  const pitch = <usize>channels << 2;
  let from = args.x + <usize>(row * args.width) * pitch;
  let to = args.y + <usize>(chunk * outWidth) * pitch;
  for (let q = 0; q < outWidth; q++) {
    move(to, from, channels);
    from += pitch * <usize>stride;
    to += pitch;
  }
}

/** dx[p·stride, q·stride] = dy[p, q], else 0. A chunk is a row of dx. */
export function subsample_backward(args: SubsampleBackwardArgs, chunk: i32): void {
  const width = args.width;
  const channels = args.channels;
  const stride = args.stride;
  const image = chunk / args.height;
  const h = chunk % args.height;
  const pitch = <usize>channels << 2;
  const dy = args.dy + <usize>((image * args.outHeight + h / stride) * args.outWidth) * pitch;
  let to = args.dx + <usize>(chunk * width) * pitch;
  for (let v = 0; v < width; v++) {
    const taken = h % stride == 0 && v % stride == 0;
    move(to, taken ? dy + <usize>(v / stride) * pitch : 0, channels);
    to += pitch;
  }
}

/**
 * Pixels × channels to channels × pixels within each picture, for flatten and (the sizes swapped) its gradient.
 * A chunk is one picture and some rows of the source.
 */
export function transpose(args: TransposeArgs, chunk: i32): void {
  const rows = args.rows;
  const columns = args.columns;
  const image = chunk / args.chunksPerImage;
  const first = (chunk % args.chunksPerImage) * args.rowsPerChunk;
  const end = min(first + args.rowsPerChunk, rows);
  const source = args.source + (<usize>(image * rows * columns) << 2);
  const target = args.target + (<usize>(image * rows * columns) << 2);
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
