import { SumPartsArgs } from './args.generated';

/**
 * out[i] = Σ over parts of part[i], in order. A chunk is `perChunk` elements (a multiple of 4). Bound by memory, or by the cache that
 * holds the parts.
 */
export function sum_parts(args: SumPartsArgs, chunk: i32): void {
  const parts = args.partials;
  const out = args.out;
  const count = args.count;
  const number = args.parts;
  const perChunk = args.perChunk;
  const pitch = <usize>count << 2;
  let i = chunk * perChunk;
  const end = min(i + perChunk, count);
  for (; i + 4 <= end; i += 4) {
    let at = parts + (<usize>i << 2);
    let sum = v128.load(at);
    for (let part = 1; part < number; part++) {
      at += pitch;
      sum = f32x4.add(sum, v128.load(at));
    }
    v128.store(out + (<usize>i << 2), sum);
  }
  for (; i < end; i++) {
    let at = parts + (<usize>i << 2);
    let sum = load<f32>(at);
    for (let part = 1; part < number; part++) {
      at += pitch;
      sum += load<f32>(at);
    }
    store<f32>(out + (<usize>i << 2), sum);
  }
}
