import { madd } from './simd';
import { ROWS, ZERO } from './depthwise-tiles';

/** The tiles of the weights' gradient for the build for 256-bit vectors, as those of depthwise-tiles-wide.ts. */

/** As `depthwise_gradient_tile`. */
export function depthwise_gradient_tile_wide(
  table: usize,
  dy: usize,
  skip: i32,
  channels: i32,
  out: usize,
  pixel: usize,
): void {
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += 32) {
    let from = dy + at;
    let q = skip > 0 ? table + ZERO : from;
    const d0 = v128.load(q);
    const e0 = v128.load(q, 16);
    from += pixel;
    q = skip > 1 ? table + ZERO : from;
    const d1 = v128.load(q);
    const e1 = v128.load(q, 16);
    from += pixel;
    q = skip > 2 ? table + ZERO : from;
    const d2 = v128.load(q);
    const e2 = v128.load(q, 16);
    from += pixel;
    q = skip > 3 ? table + ZERO : from;
    const d3 = v128.load(q);
    const e3 = v128.load(q, 16);
    from += pixel;
    q = skip > 4 ? table + ZERO : from;
    const d4 = v128.load(q);
    const e4 = v128.load(q, 16);
    from += pixel;
    q = skip > 5 ? table + ZERO : from;
    const d5 = v128.load(q);
    const e5 = v128.load(q, 16);
    from += pixel;
    const d6 = v128.load(from);
    const e6 = v128.load(from, 16);
    for (let row: usize = 0; row < ROWS; row += 16, out += 96) {
const step = <usize>load<u32>(table + row, 8);
      let p = <usize>load<u32>(table + row) + at;
      const v0 = v128.load(p);
      const x0 = v128.load(p, 16);
      p = <usize>load<u32>(table + row, 4) + at;
      const v1 = v128.load(p);
      const x1 = v128.load(p, 16);
      p += step;
      const v2 = v128.load(p);
      const x2 = v128.load(p, 16);
      p += step;
      const v3 = v128.load(p);
      const x3 = v128.load(p, 16);
      p += step;
      const v4 = v128.load(p);
      const x4 = v128.load(p, 16);
      p += step;
      const v5 = v128.load(p);
      const x5 = v128.load(p, 16);
      p += step;
      const v6 = v128.load(p);
      const x6 = v128.load(p, 16);
      p += step;
      let g = v128.load(out);
      let h = v128.load(out, 16);
      g = madd(v0, d0, g);
      h = madd(x0, e0, h);
      g = madd(v1, d1, g);
      h = madd(x1, e1, h);
      g = madd(v2, d2, g);
      h = madd(x2, e2, h);
      g = madd(v3, d3, g);
      h = madd(x3, e3, h);
      g = madd(v4, d4, g);
      h = madd(x4, e4, h);
      g = madd(v5, d5, g);
      h = madd(x5, e5, h);
      g = madd(v6, d6, g);
      h = madd(x6, e6, h);
      v128.store(out, h, 16);
      v128.store(out, g);
      const v7 = v128.load(p);
      const x7 = v128.load(p, 16);
      g = v128.load(out, 32);
      h = v128.load(out, 48);
      g = madd(v1, d0, g);
      h = madd(x1, e0, h);
      g = madd(v2, d1, g);
      h = madd(x2, e1, h);
      g = madd(v3, d2, g);
      h = madd(x3, e2, h);
      g = madd(v4, d3, g);
      h = madd(x4, e3, h);
      g = madd(v5, d4, g);
      h = madd(x5, e4, h);
      g = madd(v6, d5, g);
      h = madd(x6, e5, h);
      g = madd(v7, d6, g);
      h = madd(x7, e6, h);
      v128.store(out, h, 48);
      v128.store(out, g, 32);
      p = <usize>load<u32>(table + row, 12) + at;
      const v8 = v128.load(p);
      const x8 = v128.load(p, 16);
      g = v128.load(out, 64);
      h = v128.load(out, 80);
      g = madd(v2, d0, g);
      h = madd(x2, e0, h);
      g = madd(v3, d1, g);
      h = madd(x3, e1, h);
      g = madd(v4, d2, g);
      h = madd(x4, e2, h);
      g = madd(v5, d3, g);
      h = madd(x5, e3, h);
      g = madd(v6, d4, g);
      h = madd(x6, e4, h);
      g = madd(v7, d5, g);
      h = madd(x7, e5, h);
      g = madd(v8, d6, g);
      h = madd(x8, e6, h);
      v128.store(out, h, 80);
      v128.store(out, g, 64);
    }
  }
}

/** As `depthwise_gradient_tile_2`. */
export function depthwise_gradient_tile_2_wide(
  table: usize,
  dy: usize,
  skip: i32,
  channels: i32,
  out: usize,
  pixel: usize,
): void {
  const end = <usize>channels << 2;
  for (let at: usize = 0; at < end; at += 32) {
    let from = dy + at;
    let q = skip > 0 ? table + ZERO : from;
    const d0 = v128.load(q);
    const e0 = v128.load(q, 16);
    from += pixel;
    q = skip > 1 ? table + ZERO : from;
    const d1 = v128.load(q);
    const e1 = v128.load(q, 16);
    from += pixel;
    q = skip > 2 ? table + ZERO : from;
    const d2 = v128.load(q);
    const e2 = v128.load(q, 16);
    from += pixel;
    q = skip > 3 ? table + ZERO : from;
    const d3 = v128.load(q);
    const e3 = v128.load(q, 16);
    from += pixel;
    q = skip > 4 ? table + ZERO : from;
    const d4 = v128.load(q);
    const e4 = v128.load(q, 16);
    from += pixel;
    q = skip > 5 ? table + ZERO : from;
    const d5 = v128.load(q);
    const e5 = v128.load(q, 16);
    from += pixel;
    const d6 = v128.load(from);
    const e6 = v128.load(from, 16);
    for (let row: usize = 0; row < ROWS; row += 16, out += 96) {
const step = <usize>load<u32>(table + row, 8);
      const middle = <usize>load<u32>(table + row, 4) + at;
      const twice = step << 1;
      let p = middle;
      const a0 = v128.load(p);
      const b0 = v128.load(p, 16);
      p += twice;
      const a1 = v128.load(p);
      const b1 = v128.load(p, 16);
      p += twice;
      const a2 = v128.load(p);
      const b2 = v128.load(p, 16);
      p += twice;
      const a3 = v128.load(p);
      const b3 = v128.load(p, 16);
      p += twice;
      const a4 = v128.load(p);
      const b4 = v128.load(p, 16);
      p += twice;
      const a5 = v128.load(p);
      const b5 = v128.load(p, 16);
      p += twice;
      const a6 = v128.load(p);
      const b6 = v128.load(p, 16);
      let g = v128.load(out, 32);
      let h = v128.load(out, 48);
      g = madd(a0, d0, g);
      h = madd(b0, e0, h);
      g = madd(a1, d1, g);
      h = madd(b1, e1, h);
      g = madd(a2, d2, g);
      h = madd(b2, e2, h);
      g = madd(a3, d3, g);
      h = madd(b3, e3, h);
      g = madd(a4, d4, g);
      h = madd(b4, e4, h);
      g = madd(a5, d5, g);
      h = madd(b5, e5, h);
      g = madd(a6, d6, g);
      h = madd(b6, e6, h);
      v128.store(out, h, 48);
      v128.store(out, g, 32);
      p = <usize>load<u32>(table + row) + at;
      const v0 = v128.load(p);
      const x0 = v128.load(p, 16);
      p = middle + step;
      const v1 = v128.load(p);
      const x1 = v128.load(p, 16);
      p += twice;
      const v2 = v128.load(p);
      const x2 = v128.load(p, 16);
      p += twice;
      const v3 = v128.load(p);
      const x3 = v128.load(p, 16);
      p += twice;
      const v4 = v128.load(p);
      const x4 = v128.load(p, 16);
      p += twice;
      const v5 = v128.load(p);
      const x5 = v128.load(p, 16);
      p += twice;
      const v6 = v128.load(p);
      const x6 = v128.load(p, 16);
      g = v128.load(out);
      h = v128.load(out, 16);
      g = madd(v0, d0, g);
      h = madd(x0, e0, h);
      g = madd(v1, d1, g);
      h = madd(x1, e1, h);
      g = madd(v2, d2, g);
      h = madd(x2, e2, h);
      g = madd(v3, d3, g);
      h = madd(x3, e3, h);
      g = madd(v4, d4, g);
      h = madd(x4, e4, h);
      g = madd(v5, d5, g);
      h = madd(x5, e5, h);
      g = madd(v6, d6, g);
      h = madd(x6, e6, h);
      v128.store(out, h, 16);
      v128.store(out, g);
      p = <usize>load<u32>(table + row, 12) + at;
      const v7 = v128.load(p);
      const x7 = v128.load(p, 16);
      g = v128.load(out, 64);
      h = v128.load(out, 80);
      g = madd(v1, d0, g);
      h = madd(x1, e0, h);
      g = madd(v2, d1, g);
      h = madd(x2, e1, h);
      g = madd(v3, d2, g);
      h = madd(x3, e2, h);
      g = madd(v4, d3, g);
      h = madd(x4, e3, h);
      g = madd(v5, d4, g);
      h = madd(x5, e4, h);
      g = madd(v6, d5, g);
      h = madd(x6, e5, h);
      g = madd(v7, d6, g);
      h = madd(x7, e6, h);
      v128.store(out, h, 80);
      v128.store(out, g, 64);
    }
  }
}
