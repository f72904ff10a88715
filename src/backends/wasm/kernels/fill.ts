import { FillArgs } from './args.generated';

/** Fills an array with one value. A chunk is `perChunk` floats of it. */
export function fill(args: FillArgs, chunk: i32): void {
  const out = args.out;
  const count = args.count;
  const perChunk = args.perChunk;
  const value = args.value;
  const begin = chunk * perChunk;
  const end = min(begin + perChunk, count);
  let i = begin;
  const wide = f32x4.splat(value);
  for (; i + 4 <= end; i += 4) v128.store(out + (<usize>i << 2), wide);
  for (; i < end; i++) store<f32>(out + (<usize>i << 2), value);
}
