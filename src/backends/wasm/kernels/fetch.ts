/*
 * Memory's pace for kernels that would ask for it piece by piece. Reading the rows of a chunk first, as they lie, takes a third off grouped
 * and up to a half off depthwise layers (docs/performance.md); `memory.fill` claims lines at 90 GB/s where reads do 55 (docs/LOG.md).
 */

/**
 * Reads channels `from` to `to` (of `channels`) of pixels `pixel` to `end` of an N×H×W×C array, in the order in which they lie,
 * so that memory sends them at its full pace; blocks of few channels, one after the other, would ask for every line by
 * itself. Gives a sum that the caller must store, lest nothing be read.
 */
export function fetch_pixels(
  base: usize,
  pixel: i32,
  end: i32,
  channels: i32,
  from: i32,
  to: i32,
): u32 {
  let sum: u32 = 0;
  const bytes = <usize>(min(to, channels) - from) << 2;
  for (; pixel < end; pixel++) {
    sum += fetch_bytes(base + (<usize>(pixel * channels + from) << 2), bytes);
  }
  return sum;
}

/** As above, of bytes that lie one after the other. */
// @ts-ignore: decorator
@inline
export function fetch_bytes(at: usize, bytes: usize): u32 {
  let sum: u32 = 0;
  for (const stop = at + bytes; at < stop; at += 64) sum += load<u32>(at);
  return sum;
}

/** As above, of rows `from`, or 0 if that is negative, to `to` of a picture, if there are any. */
// @ts-ignore: decorator
@inline
export function fetch_rows(picture: usize, from: i32, to: i32, rowBytes: usize): u32 {
  const top = max(from, 0);
  return to > top ? fetch_bytes(picture + <usize>top * rowBytes, <usize>(to - top) * rowBytes) : 0;
}

/**
 * Makes room in the caches for bytes that are about to be written: lines that are filled from end to end are not read from
 * memory before, as those are that stores write a vector of at a time.
 */
// @ts-ignore: decorator
@inline
export function make_room(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** As `make_room`, for channels `from` to `to` of pixels; some channels of many pixels are fetched instead. */
export function make_room_for_pixels(
  base: usize,
  pixel: i32,
  end: i32,
  channels: i32,
  from: i32,
  to: i32,
): u32 {
  if (from > 0 || to < channels) return fetch_pixels(base, pixel, end, channels, from, to);
  if (pixel < end) make_room(base + (<usize>(pixel * channels) << 2), <usize>((end - pixel) * channels) << 2);
  return 0;
}
