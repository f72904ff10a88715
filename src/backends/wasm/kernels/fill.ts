import { address, float, word } from './simd';

/** Fills `count` floats at `out` with `value`; a chunk is `perChunk` of them. Arguments: out, count, perChunk, value. */
export function fill(args: usize, chunk: i32): void {
  const out = address(args, 0);
  const count = word(args, 1);
  const perChunk = word(args, 2);
  const value = float(args, 3);
  const begin = chunk * perChunk;
  const end = min(begin + perChunk, count);
  let i = begin;
  const wide = f32x4.splat(value);
  for (; i + 4 <= end; i += 4) v128.store(out + (<usize>i << 2), wide);
  for (; i < end; i++) store<f32>(out + (<usize>i << 2), value);
}
