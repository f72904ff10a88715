import { address, float, word } from './simd';

/*
 * Element by element. Arguments begin with the addresses, then the element count and elements a chunk.
 */

/** y = max(x, 0); NaN stays NaN, since `pmax` keeps its first operand unless it is less. Arguments: 0 x, 1 y, 2 count, 3 a chunk. */
export function relu(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 3);
  const count = min(word(args, 3), word(args, 2) - begin);
  const x = address(args, 0) + (<usize>begin << 2);
  const y = address(args, 1) + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < wide; i += 16) v128.store(y + i, f32x4.pmax(v128.load(x + i), zero));
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(x + i);
    store<f32>(y + i, v < 0 ? 0 : v);
  }
}

/** dx = dy where y > 0, else 0. Arguments: 0 dy, 1 y, 2 dx, 3 count, 4 a chunk. */
export function relu_backward(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 4);
  const count = min(word(args, 4), word(args, 3) - begin);
  const dy = address(args, 0) + (<usize>begin << 2);
  const y = address(args, 1) + (<usize>begin << 2);
  const dx = address(args, 2) + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(dx + i, v128.and(v128.load(dy + i), f32x4.gt(v128.load(y + i), zero)));
  }
  for (let i = wide; i < end; i += 4) store<f32>(dx + i, load<f32>(y + i) > 0 ? load<f32>(dy + i) : 0);
}

/** y = min(max(x, 0), 6); NaN stays NaN, as in `relu`. Arguments: 0 x, 1 y, 2 count, 3 a chunk. */
export function relu6(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 3);
  const count = min(word(args, 3), word(args, 2) - begin);
  const x = address(args, 0) + (<usize>begin << 2);
  const y = address(args, 1) + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(y + i, f32x4.pmin(f32x4.pmax(v128.load(x + i), zero), six));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(x + i);
    store<f32>(y + i, v < 0 ? 0 : v > 6 ? 6 : v);
  }
}

/** dx = dy where 0 < y < 6, else 0. Arguments: 0 dy, 1 y, 2 dx, 3 count, 4 a chunk. */
export function relu6_backward(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 4);
  const count = min(word(args, 4), word(args, 3) - begin);
  const dy = address(args, 0) + (<usize>begin << 2);
  const y = address(args, 1) + (<usize>begin << 2);
  const dx = address(args, 2) + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  for (let i: usize = 0; i < wide; i += 16) {
    const v = v128.load(y + i);
    v128.store(dx + i, v128.and(v128.load(dy + i), v128.and(f32x4.gt(v, zero), f32x4.lt(v, six))));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(y + i);
    store<f32>(dx + i, v > 0 && v < 6 ? load<f32>(dy + i) : 0);
  }
}

/** y = factor·x. Arguments: 0 x, 1 y, 2 count, 3 a chunk, 4 factor. */
export function scale(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 3);
  const count = min(word(args, 3), word(args, 2) - begin);
  const x = address(args, 0) + (<usize>begin << 2);
  const y = address(args, 1) + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const factor = float(args, 4);
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < wide; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), factors));
  for (let i = wide; i < end; i += 4) store<f32>(y + i, load<f32>(x + i) * factor);
}

/** y = a + b, then ReLU if asked. Arguments: 0 a, 1 b, 2 y, 3 count, 4 a chunk, 5 relu. */
export function add(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 4);
  const count = min(word(args, 4), word(args, 3) - begin);
  const a = address(args, 0) + (<usize>begin << 2);
  const b = address(args, 1) + (<usize>begin << 2);
  const y = address(args, 2) + (<usize>begin << 2);
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  const floor: f32 = word(args, 5) ? 0 : -Infinity;
  const floors = f32x4.splat(floor);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(y + i, f32x4.pmax(f32x4.add(v128.load(a + i), v128.load(b + i)), floors));
  }
  for (let i = wide; i < end; i += 4) {
    const v = load<f32>(a + i) + load<f32>(b + i);
    store<f32>(y + i, v < floor ? floor : v);
  }
}

/** target ← source, `count` floats. Arguments: 0 source, 1 target, 2 count, 3 a chunk. */
export function copy(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 3);
  const count = min(word(args, 3), word(args, 2) - begin);
  const shift = <usize>begin << 2;
  memory.copy(address(args, 1) + shift, address(args, 0) + shift, <usize>count << 2);
}

/**
 * accumulator ← scale·accumulator + gradient; a scale of 0 overwrites, even NaN.
 * Arguments: 0 accumulator, 1 gradient, 2 scale's address, 3 count, 4 a chunk.
 */
export function accumulate(args: usize, chunk: i32): void {
  const begin = chunk * word(args, 4);
  const count = min(word(args, 4), word(args, 3) - begin);
  const to = address(args, 0) + (<usize>begin << 2);
  const from = address(args, 1) + (<usize>begin << 2);
  const scale = load<f32>(address(args, 2));
  const wide = <usize>(count & ~3) << 2;
  const end = <usize>count << 2;
  if (scale == 0) {
    memory.copy(to, from, end);
    return;
  }
  const scales = f32x4.splat(scale);
  for (let i: usize = 0; i < wide; i += 16) {
    v128.store(to + i, f32x4.add(f32x4.mul(v128.load(to + i), scales), v128.load(from + i)));
  }
  for (let i = wide; i < end; i += 4) store<f32>(to + i, load<f32>(to + i) * scale + load<f32>(from + i));
}
