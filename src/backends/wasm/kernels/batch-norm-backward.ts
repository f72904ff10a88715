import { address, madd, word } from './simd';
import { loadLanes, lower, upper } from './rows';
import { loadPartial, storePartial } from './strip';

/**
 * Backward of batch norm (and of the ReLU and residual fused with it), over M = N·H·W rows of C channels:
 * dz = dy where y > 0 (all of dy without ReLU), dβ = Σdz, dγ = Σdz·x̂, dx = γ·invstd·(dz − dβ/M − x̂·dγ/M).
 *
 * `batch_norm_backward_sums`: Σdz and Σdz·(x − mean) of a tile of rows × channels.
 * Arguments: 0 dy, 1 x, 2 y or 0, 3 mean (its first floats), 4 partials [row tile][2][C], 5 M, 6 C, 7 rows a tile, 8 channels a tile,
 * 9 channel tiles.
 */
export function batch_norm_backward_sums(args: usize, chunk: i32): void {
  const channels = word(args, 6);
  const rowsPerTile = word(args, 7);
  const channelTiles = word(args, 9);
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * word(args, 8);
  const width = min(word(args, 8), channels - first);
  const rows = min(rowsPerTile, word(args, 5) - rowTile * rowsPerTile);
  const pitch = <usize>channels << 2;
  const begin = <usize>(rowTile * rowsPerTile) * pitch + (<usize>first << 2);
  const masked = address(args, 2) != 0;
  const mean = address(args, 3) + (<usize>first << 2);
  const sums = address(args, 4) + <usize>rowTile * 2 * pitch + (<usize>first << 2);
  const products = sums + pitch;
  memory.fill(sums, 0, <usize>width << 2);
  memory.fill(products, 0, <usize>width << 2);
  let dy = address(args, 0) + begin;
  let x = address(args, 1) + begin;
  // Without ReLU dy stands in for y and the mask is all ones.
  let y = masked ? address(args, 2) + begin : dy;
  const all = masked ? i32x4.splat(0) : i32x4.splat(-1);
  const zero = f32x4.splat(0);
  const wide = <usize>(width & ~3) << 2;
  const doubled = wide & ~31;
  const rest = width & 3;
  let row = 0;
  // Two rows at a time where they are short; long ones one by one, so that memory is read as one stream.
  const paired = width < 64 ? rows - 1 : 0;
  for (; row < paired; row += 2) {
    for (let c: usize = 0; c < wide; c += 16) {
      const m = v128.load(mean + c);
      const below = c + pitch;
      const dz0 = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
      const dz1 = v128.and(v128.load(dy + below), v128.or(f32x4.gt(v128.load(y + below), zero), all));
      const d0 = f32x4.sub(v128.load(x + c), m);
      const d1 = f32x4.sub(v128.load(x + below), m);
      v128.store(sums + c, f32x4.add(v128.load(sums + c), f32x4.add(dz0, dz1)));
      const pair = madd(dz0, d0, f32x4.mul(dz1, d1));
      v128.store(products + c, f32x4.add(v128.load(products + c), pair));
    }
    if (rest) {
      addTail(dy + wide, x + wide, y + wide, mean + wide, sums + wide, products + wide, all, rest);
      const below = wide + pitch;
      addTail(dy + below, x + below, y + below, mean + wide, sums + wide, products + wide, all, rest);
    }
    dy += pitch << 1;
    x += pitch << 1;
    y += pitch << 1;
  }
  for (; row < rows; row++) {
    let c: usize = 0;
    for (; c < doubled; c += 32) {
      const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
      const ez = v128.and(v128.load(dy + c, 16), v128.or(f32x4.gt(v128.load(y + c, 16), zero), all));
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const s = f32x4.add(v128.load(sums + c), dz);
      const t = f32x4.add(v128.load(sums + c, 16), ez);
      const p = madd(dz, d, v128.load(products + c));
      const q = madd(ez, e, v128.load(products + c, 16));
      v128.store(sums + c, t, 16);
      v128.store(sums + c, s);
      v128.store(products + c, q, 16);
      v128.store(products + c, p);
    }
    for (; c < wide; c += 16) {
      const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), dz));
      v128.store(products + c, madd(dz, d, v128.load(products + c)));
    }
    if (rest) addTail(dy + wide, x + wide, y + wide, mean + wide, sums + wide, products + wide, all, rest);
    dy += pitch;
    x += pitch;
    y += pitch;
  }
}

/** The last one to three channels of a row. */
function addTail(
  dy: usize,
  x: usize,
  y: usize,
  mean: usize,
  sums: usize,
  products: usize,
  all: v128,
  rest: i32,
): void {
  const dz = v128.and(loadPartial(dy, rest), v128.or(f32x4.gt(loadPartial(y, rest), f32x4.splat(0)), all));
  const d = f32x4.sub(loadPartial(x, rest), loadPartial(mean, rest));
  storePartial(sums, f32x4.add(loadPartial(sums, rest), dz), rest);
  storePartial(products, madd(dz, d, loadPartial(products, rest)), rest);
}

/**
 * Adds the tiles in their order, in doubles, and prepares dx = a·dz + b·(x − mean) + c, where mean is its first float: what
 * that leaves is made up for here. One chunk is some channels.
 * Arguments: 0 partials, 1 γ, 2 mean [2][C], 3 invstd, 4 dγ, 5 dβ, 6 coefficients [a, b, c][C], 7 M, 8 C, 9 row tiles,
 * 10 channels a chunk.
 */
export function batch_norm_backward_combine(args: usize, chunk: i32): void {
  const channels = word(args, 8);
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * word(args, 10), channels);
  for (let c = chunk * word(args, 10); c < end; c += 4) {
    const lanes = min(end - c, 4);
    const at = <usize>c << 2;
    let from = address(args, 0) + at;
    let sum01 = f64x2.splat(0);
    let sum23 = sum01;
    let product01 = sum01;
    let product23 = sum01;
    for (let tile = 0; tile < word(args, 9); tile++) {
      const sum = loadLanes(from, lanes);
      const product = loadLanes(from + pitch, lanes);
      sum01 = f64x2.add(sum01, lower(sum));
      sum23 = f64x2.add(sum23, upper(sum));
      product01 = f64x2.add(product01, lower(product));
      product23 = f64x2.add(product23, upper(product));
      from += pitch << 1;
    }
    finish(args, at, f64x2.extract_lane(sum01, 0), f64x2.extract_lane(product01, 0));
    if (lanes > 1) finish(args, at + 4, f64x2.extract_lane(sum01, 1), f64x2.extract_lane(product01, 1));
    if (lanes > 2) finish(args, at + 8, f64x2.extract_lane(sum23, 0), f64x2.extract_lane(product23, 0));
    if (lanes > 3) finish(args, at + 12, f64x2.extract_lane(sum23, 1), f64x2.extract_lane(product23, 1));
  }
}

/** What `batch_norm_backward_combine` writes for one channel, `at` bytes from the first. */
function finish(args: usize, at: usize, sum: f64, product: f64): void {
  const rows = <f64>word(args, 7);
  const pitch = <usize>word(args, 8) << 2;
  const left = <f64>load<f32>(address(args, 2) + pitch + at);
  const invstd = <f64>load<f32>(address(args, 3) + at);
  const slope = (product - left * sum) * invstd;
  const a = <f64>load<f32>(address(args, 1) + at) * invstd;
  const b = (-a * invstd * slope) / rows;
  store<f32>(address(args, 4) + at, <f32>slope);
  store<f32>(address(args, 5) + at, <f32>sum);
  const coefficients = address(args, 6) + at;
  store<f32>(coefficients, <f32>a);
  store<f32>(coefficients + pitch, <f32>b);
  store<f32>(coefficients + 2 * pitch, <f32>((-a * sum) / rows - b * left));
}

/**
 * dx, and dz as the residual's gradient.
 * Arguments: 0 dy, 1 x, 2 y or 0, 3 mean, 4 coefficients, 5 dx, 6 dresidual or 0, 7 M, 8 C, 9 rows a chunk.
 */
export function batch_norm_backward_apply(args: usize, chunk: i32): void {
  const channels = word(args, 8);
  const rowsPerChunk = word(args, 9);
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, word(args, 7) - chunk * rowsPerChunk);
  const masked = address(args, 2) != 0;
  const beside = address(args, 6) != 0;
  const mean = address(args, 3);
  const a = address(args, 4);
  const b = a + pitch;
  const k = b + pitch;
  let dy = address(args, 0) + begin;
  let x = address(args, 1) + begin;
  let y = masked ? address(args, 2) + begin : dy;
  let dx = address(args, 5) + begin;
  let dresidual = address(args, 6) + begin;
  const all = masked ? i32x4.splat(0) : i32x4.splat(-1);
  const zero = f32x4.splat(0);
  const wide = <usize>(channels & ~3) << 2;
  const doubled = wide & ~31;
  const rest = channels & 3;
  for (let row = 0; row < rows; row++) {
    if (beside) {
      let c: usize = 0;
      for (; c < doubled; c += 32) {
        const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
        const ez = v128.and(v128.load(dy + c, 16), v128.or(f32x4.gt(v128.load(y + c, 16), zero), all));
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
        const u = madd(dz, v128.load(a + c), madd(d, v128.load(b + c), v128.load(k + c)));
        const v = madd(ez, v128.load(a + c, 16), madd(e, v128.load(b + c, 16), v128.load(k + c, 16)));
        v128.store(dresidual + c, ez, 16);
        v128.store(dresidual + c, dz);
        v128.store(dx + c, v, 16);
        v128.store(dx + c, u);
      }
      for (; c < wide; c += 16) {
        const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        v128.store(dresidual + c, dz);
        v128.store(dx + c, madd(dz, v128.load(a + c), madd(d, v128.load(b + c), v128.load(k + c))));
      }
    } else {
      let c: usize = 0;
      for (; c < doubled; c += 32) {
        const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
        const ez = v128.and(v128.load(dy + c, 16), v128.or(f32x4.gt(v128.load(y + c, 16), zero), all));
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
        const u = madd(dz, v128.load(a + c), madd(d, v128.load(b + c), v128.load(k + c)));
        const v = madd(ez, v128.load(a + c, 16), madd(e, v128.load(b + c, 16), v128.load(k + c, 16)));
        v128.store(dx + c, v, 16);
        v128.store(dx + c, u);
      }
      for (; c < wide; c += 16) {
        const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        v128.store(dx + c, madd(dz, v128.load(a + c), madd(d, v128.load(b + c), v128.load(k + c))));
      }
    }
    if (rest) {
      const mask = v128.or(f32x4.gt(loadPartial(y + wide, rest), zero), all);
      const dz = v128.and(loadPartial(dy + wide, rest), mask);
      const d = f32x4.sub(loadPartial(x + wide, rest), loadPartial(mean + wide, rest));
      const shifted = madd(d, loadPartial(b + wide, rest), loadPartial(k + wide, rest));
      if (beside) storePartial(dresidual + wide, dz, rest);
      storePartial(dx + wide, madd(dz, loadPartial(a + wide, rest), shifted), rest);
    }
    dy += pitch;
    x += pitch;
    y += pitch;
    dx += pitch;
    dresidual += pitch;
  }
}
