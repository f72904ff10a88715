import { address, float, madd, word } from './simd';
import { addRow, addSquaredRow, loadLanes, lower, upper } from './rows';
import { loadPartial, storePartial } from './strip';

/**
 * Batch norm over M = N·H·W rows of C channels (Ioffe and Szegedy 2015), training: `batch_norm_moments` →
 * `batch_norm_combine` → `batch_norm_apply`, and for y once more `batch_norm_rescale` → `batch_norm_apply`; inference:
 * `batch_norm_scale` → `batch_norm_apply`.
 *
 * `batch_norm_moments`: mean and M2 (the sum of squared deviations from it) of a tile of rows × channels, in two passes
 * while the tile is in cache: exact where Σx² − (Σx)² would cancel.
 * Arguments: 0 x, 1 partials [row tile][mean, M2][C], 2 M, 3 C, 4 rows a tile, 5 channels a tile, 6 channel tiles.
 */
export function batch_norm_moments(args: usize, chunk: i32): void {
  const channels = word(args, 3);
  const rowsPerTile = word(args, 4);
  const channelTiles = word(args, 6);
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * word(args, 5);
  const width = min(word(args, 5), channels - first);
  const rows = min(rowsPerTile, word(args, 2) - rowTile * rowsPerTile);
  const pitch = <usize>channels << 2;
  const x = address(args, 0) + <usize>(rowTile * rowsPerTile) * pitch + (<usize>first << 2);
  const mean = address(args, 1) + <usize>rowTile * 2 * pitch + (<usize>first << 2);
  const m2 = mean + pitch;
  const bytes = <usize>width << 2;
  memory.fill(mean, 0, bytes);
  memory.fill(m2, 0, bytes);
  addRow(x, pitch, rows, width, mean);
  const scale: f32 = 1 / <f32>rows;
  for (let c = 0; c < width; c++) {
    const at = mean + (<usize>c << 2);
    store<f32>(at, load<f32>(at) * scale);
  }
  addSquaredRow(x, pitch, rows, width, mean, m2);
}

/**
 * Joins the tiles' moments in their order, in doubles: mean = Σ nₜ·meanₜ / M, M2 = Σ M2ₜ + Σ nₜ·(meanₜ − mean)² (Chan, Golub
 * and LeVeque 1979); updates the running statistics; gives mean, 1/σ, and y = scale·x + shift. One chunk is some channels.
 * Arguments: 0 partials, 1 γ, 2 β, 3 running mean, 4 running variance, 5 mean, 6 invstd, 7 scale, 8 shift, 9 M, 10 C,
 * 11 rows a tile, 12 channels a chunk, 13 ε, 14 momentum.
 */
export function batch_norm_combine(args: usize, chunk: i32): void {
  const rows = word(args, 9);
  const channels = word(args, 10);
  const rowsPerTile = word(args, 11);
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * word(args, 12), channels);
  const count = f64x2.splat(<f64>rows);
  for (let c = chunk * word(args, 12); c < end; c += 4) {
    const lanes = min(end - c, 4);
    const at = <usize>c << 2;
    const partials = address(args, 0) + at;
    let from = partials;
    let mean01 = f64x2.splat(0);
    let mean23 = mean01;
    for (let row = 0; row < rows; row += rowsPerTile) {
      const size = f64x2.splat(<f64>min(rowsPerTile, rows - row));
      const mean = loadLanes(from, lanes);
      mean01 = f64x2.add(mean01, f64x2.mul(lower(mean), size));
      mean23 = f64x2.add(mean23, f64x2.mul(upper(mean), size));
      from += pitch << 1;
    }
    mean01 = f64x2.div(mean01, count);
    mean23 = f64x2.div(mean23, count);
    from = partials;
    let square01 = f64x2.splat(0);
    let square23 = square01;
    for (let row = 0; row < rows; row += rowsPerTile) {
      const size = f64x2.splat(<f64>min(rowsPerTile, rows - row));
      const mean = loadLanes(from, lanes);
      const square = loadLanes(from + pitch, lanes);
      const d01 = f64x2.sub(lower(mean), mean01);
      const d23 = f64x2.sub(upper(mean), mean23);
      square01 = f64x2.add(square01, f64x2.add(lower(square), f64x2.mul(f64x2.mul(d01, d01), size)));
      square23 = f64x2.add(square23, f64x2.add(upper(square), f64x2.mul(f64x2.mul(d23, d23), size)));
      from += pitch << 1;
    }
    finish(args, at, f64x2.extract_lane(mean01, 0), f64x2.extract_lane(square01, 0));
    if (lanes > 1) finish(args, at + 4, f64x2.extract_lane(mean01, 1), f64x2.extract_lane(square01, 1));
    if (lanes > 2) finish(args, at + 8, f64x2.extract_lane(mean23, 0), f64x2.extract_lane(square23, 0));
    if (lanes > 3) finish(args, at + 12, f64x2.extract_lane(mean23, 1), f64x2.extract_lane(square23, 1));
  }
}

/** What `batch_norm_combine` writes for one channel, `at` bytes from the first. */
function finish(args: usize, at: usize, mean: f64, m2: f64): void {
  const count = <f64>word(args, 9);
  const momentum = <f64>float(args, 14);
  store<f32>(address(args, 5) + at, <f32>mean);
  store<f32>(address(args, 6) + at, <f32>(1 / Math.sqrt(m2 / count + <f64>float(args, 13))));
  rescale(
    address(args, 1) + at,
    address(args, 2) + at,
    address(args, 5) + at,
    address(args, 6) + at,
    address(args, 7) + at,
    address(args, 8) + at,
  );
  const runningMean = address(args, 3) + at;
  const runningVar = address(args, 4) + at;
  store<f32>(runningMean, <f32>((1 - momentum) * <f64>load<f32>(runningMean) + momentum * mean));
  store<f32>(runningVar, <f32>((1 - momentum) * <f64>load<f32>(runningVar) + (momentum * m2) / (count - 1)));
}

/** Scale and shift of one channel from its statistics as they are stored, so that they can be had again to the last bit. */
function rescale(gamma: usize, beta: usize, mean: usize, invstd: usize, scale: usize, shift: usize): void {
  const factor = <f64>load<f32>(gamma) * <f64>load<f32>(invstd);
  store<f32>(scale, <f32>factor);
  store<f32>(shift, <f32>(<f64>load<f32>(beta) - <f64>load<f32>(mean) * factor));
}

/** Scale and shift as `batch_norm_combine` gave them. Arguments: 0 γ, 1 β, 2 mean, 3 invstd, 4 scale, 5 shift, 6 C. One chunk. */
export function batch_norm_rescale(args: usize, chunk: i32): void {
  for (let c = 0; c < word(args, 6); c++) {
    const at = <usize>c << 2;
    rescale(
      address(args, 0) + at,
      address(args, 1) + at,
      address(args, 2) + at,
      address(args, 3) + at,
      address(args, 4) + at,
      address(args, 5) + at,
    );
  }
}

/** Scale and shift from running statistics. Arguments: 0 γ, 1 β, 2 mean, 3 variance, 4 scale, 5 shift, 6 C, 7 ε. One chunk. */
export function batch_norm_scale(args: usize, chunk: i32): void {
  for (let c = 0; c < word(args, 6); c++) {
    const at = <usize>c << 2;
    const invstd = 1 / Math.sqrt(<f64>load<f32>(address(args, 3) + at) + <f64>float(args, 7));
    const scale = <f64>load<f32>(address(args, 0) + at) * invstd;
    const shift = <f64>load<f32>(address(args, 1) + at) - <f64>load<f32>(address(args, 2) + at) * scale;
    store<f32>(address(args, 4) + at, <f32>scale);
    store<f32>(address(args, 5) + at, <f32>shift);
  }
}

/**
 * y = scale·x + shift + residual, then ReLU (NaN stays NaN).
 * Arguments: 0 x, 1 y, 2 scale, 3 shift, 4 residual or 0, 5 relu, 6 M, 7 C, 8 rows a chunk.
 */
export function batch_norm_apply(args: usize, chunk: i32): void {
  const scale = address(args, 2);
  const shift = address(args, 3);
  const channels = word(args, 7);
  const rowsPerChunk = word(args, 8);
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, word(args, 6) - chunk * rowsPerChunk);
  const wide = <usize>(channels & ~3) << 2;
  // Two vectors side by side become one of 256 bits.
  const paired = wide & ~31;
  const rest = channels & 3;
  const floor = word(args, 5) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  let x = address(args, 0) + begin;
  let y = address(args, 1) + begin;
  if (address(args, 4) != 0) {
    let residual = address(args, 4) + begin;
    for (let row = 0; row < rows; row++) {
      let c: usize = 0;
      for (; c < paired; c += 32) {
        const v = madd(v128.load(x + c), v128.load(scale + c), v128.load(shift + c));
        const w = madd(v128.load(x + c, 16), v128.load(scale + c, 16), v128.load(shift + c, 16));
        const a = f32x4.add(v, v128.load(residual + c));
        const b = f32x4.add(w, v128.load(residual + c, 16));
        v128.store(y + c, f32x4.pmax(b, floor), 16);
        v128.store(y + c, f32x4.pmax(a, floor));
      }
      for (; c < wide; c += 16) {
        const v = madd(v128.load(x + c), v128.load(scale + c), v128.load(shift + c));
        v128.store(y + c, f32x4.pmax(f32x4.add(v, v128.load(residual + c)), floor));
      }
      if (rest) {
        const v = madd(loadPartial(x + wide, rest), loadPartial(scale + wide, rest), loadPartial(shift + wide, rest));
        storePartial(y + wide, f32x4.pmax(f32x4.add(v, loadPartial(residual + wide, rest)), floor), rest);
      }
      x += pitch;
      y += pitch;
      residual += pitch;
    }
  } else {
    for (let row = 0; row < rows; row++) {
      let c: usize = 0;
      for (; c < paired; c += 32) {
        const v = madd(v128.load(x + c), v128.load(scale + c), v128.load(shift + c));
        const w = madd(v128.load(x + c, 16), v128.load(scale + c, 16), v128.load(shift + c, 16));
        v128.store(y + c, f32x4.pmax(w, floor), 16);
        v128.store(y + c, f32x4.pmax(v, floor));
      }
      for (; c < wide; c += 16) {
        const v = madd(v128.load(x + c), v128.load(scale + c), v128.load(shift + c));
        v128.store(y + c, f32x4.pmax(v, floor));
      }
      if (rest) {
        const v = madd(loadPartial(x + wide, rest), loadPartial(scale + wide, rest), loadPartial(shift + wide, rest));
        storePartial(y + wide, f32x4.pmax(v, floor), rest);
      }
      x += pitch;
      y += pitch;
    }
  }
}

/**
 * Folds batch norm into a convolution: w′ = w·γ/√(var + ε), b′ = (b − mean)·γ/√(var + ε) + β. One chunk is some of K.
 * Arguments: 0 w, 1 bias or 0, 2 γ, 3 β, 4 mean, 5 variance, 6 w′, 7 b′, 8 K, 9 floats of one filter, 10 filters a chunk, 11 ε.
 */
export function fold_batch_norm(args: usize, chunk: i32): void {
  const size = word(args, 9);
  const end = min((chunk + 1) * word(args, 10), word(args, 8));
  for (let k = chunk * word(args, 10); k < end; k++) {
    const at = <usize>k << 2;
    const invstd = 1 / Math.sqrt(<f64>load<f32>(address(args, 5) + at) + <f64>float(args, 11));
    const scale = <f64>load<f32>(address(args, 2) + at) * invstd;
    const bias: f64 = address(args, 1) == 0 ? 0 : load<f32>(address(args, 1) + at);
    const mean = <f64>load<f32>(address(args, 4) + at);
    store<f32>(address(args, 7) + at, <f32>((bias - mean) * scale + <f64>load<f32>(address(args, 3) + at)));
    const from = address(args, 0) + (<usize>(k * size) << 2);
    const to = address(args, 6) + (<usize>(k * size) << 2);
    const factor = f32x4.splat(<f32>scale);
    let i = 0;
    for (; i + 4 <= size; i += 4) {
      const shift = <usize>i << 2;
      v128.store(to + shift, f32x4.mul(v128.load(from + shift), factor));
    }
    for (; i < size; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)) * <f32>scale);
  }
}
