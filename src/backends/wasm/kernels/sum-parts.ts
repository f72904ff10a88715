import { address, word } from './simd';

/**
 * out[i] = Σ over parts of part[i], in order. A chunk is `perChunk` elements (a multiple of 4).
 * Arguments: parts, out, count, number of parts, perChunk.
 */
export function sum_parts(args: usize, chunk: i32): void {
  const parts = address(args, 0);
  const out = address(args, 1);
  const count = word(args, 2);
  const number = word(args, 3);
  const perChunk = word(args, 4);
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
