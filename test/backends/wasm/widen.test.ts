import { expect, test } from 'vitest';
import { widen } from '../../../scripts/widen.ts';

const source = `
import { madd, VECTOR } from './simd';
import { ROWS } from './tables';

/**
 * Sums.
 *
 * @widen
 */
export function tile(x: usize, w: usize, end: usize, out: usize, relu: i32): void {
  const zero = f32x4.splat(0);
  let a = f32x4.splat(0);
  for (; x < end; x += 2 * VECTOR, w += 4) {
    const s = v128.load32_splat(w, 4);
    a = madd(v128.load(x, VECTOR), s, a);
  }
  if (relu) a = f32x4.pmax(a, zero);
  put(out, f32x4.neg(a));
}

/**
 * Stores.
 *
 * @widen
 */
// @ts-ignore: decorator
@inline
function put(to: usize, v: v128): void {
  v128.store(to, v, 4 * ROWS);
}

export function untouched(): void {}
`;

test('a vector whose lanes differ becomes two, which are loaded and stored side by side', () => {
  expect(widen(source, 'tiles'))
    .toBe(`// Made of tiles.ts by scripts/widen.ts: what is to be changed is there.
import { madd } from './simd';
import { ROWS } from './tables';

export function tile_wide(x: usize, w: usize, end: usize, out: usize, relu: i32): void {
  const zero = f32x4.splat(0);
  let a = f32x4.splat(0);
  let a_high = f32x4.splat(0);
  for (; x < end; x += 2 * 32, w += 4) {
    const s = v128.load32_splat(w, 4);
    a = madd(v128.load(x, 32), s, a);
    a_high = madd(v128.load(x, 32 + 16), s, a_high);
  }
  if (relu) {
    a = f32x4.pmax(a, zero);
    a_high = f32x4.pmax(a_high, zero);
  }
  put_wide(out, f32x4.neg(a), f32x4.neg(a_high));
}

// @ts-ignore: decorator
@inline
function put_wide(to: usize, v: v128, v_high: v128): void {
  v128.store(to, v_high, 4 * ROWS + 16);
  v128.store(to, v, 4 * ROWS);
}
`);
});
