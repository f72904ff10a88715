import { address, double, madd, word } from './simd';
import { addDeviations, addRow, loadLanes, lower, upper } from './rows';
import { loadPartial, storePartial } from './strip';

/**
 * Batch norm over M = N·H·W rows of C channels (Ioffe and Szegedy 2015), training: `batch_norm_moments` →
 * `batch_norm_combine` → `batch_norm_apply`, and for y once more `batch_norm_rescale` → `batch_norm_apply`; inference:
 * `batch_norm_scale` → `batch_norm_apply`. The mean is two floats, the second what the first leaves of it.
 *
 * `batch_norm_moments`: Σd and Σd² of a tile of rows × channels, d = x − shift. The shift is the mean of the tile's first
 * quarter: that is at most √3 standard deviations from the tile's own mean, whatever the numbers are, so that no more than two
 * bits of M2 = Σd² − (Σd)²/n cancel, and Σd corrects the mean. From 0 all would cancel where the mean is far from it.
 * Arguments: 0 x, 1 partials [row tile][shift, Σd, Σd²][C], 2 M, 3 C, 4 rows a tile, 5 channels a tile, 6 channel tiles.
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
  const shift = address(args, 1) + <usize>rowTile * 3 * pitch + (<usize>first << 2);
  const sums = shift + pitch;
  const squares = sums + pitch;
  const bytes = <usize>width << 2;
  memory.fill(shift, 0, bytes);
  memory.fill(sums, 0, bytes);
  memory.fill(squares, 0, bytes);
  const some = (rows + 3) >> 2;
  addRow(x, pitch, some, width, shift);
  const scale: f32 = 1 / <f32>some;
  for (let c = 0; c < width; c++) {
    const at = shift + (<usize>c << 2);
    store<f32>(at, load<f32>(at) * scale);
  }
  addDeviations(x, pitch, rows, width, shift, sums, squares);
}

/**
 * Joins the tiles' sums in their order, in doubles: with e = shift − K, where K is the first tile's shift, Σ(x − K) is the sum
 * of Σd + n·e over the tiles, Σ(x − K)² that of Σd² + e·(2·Σd + n·e). Updates the running statistics; gives mean, 1/σ, and
 * y = scale·(x − mean) + shift. One chunk is some channels.
 * Arguments: 0 partials, 1 γ, 2 β, 3 running mean, 4 running variance, 5 mean [2][C], 6 invstd, 7 scale, 8 shift, 9 M, 10 C,
 * 11 rows a tile, 12 channels a chunk, 13–14 ε, 15–16 momentum (doubles).
 */
export function batch_norm_combine(args: usize, chunk: i32): void {
  const rows = word(args, 9);
  const channels = word(args, 10);
  const rowsPerTile = word(args, 11);
  const pitch = <usize>channels << 2;
  const end = min((chunk + 1) * word(args, 12), channels);
  for (let c = chunk * word(args, 12); c < end; c += 4) {
    const lanes = min(end - c, 4);
    const at = <usize>c << 2;
    let from = address(args, 0) + at;
    const origin = loadLanes(from, lanes);
    const origin01 = lower(origin);
    const origin23 = upper(origin);
    let sum01 = f64x2.splat(0);
    let sum23 = sum01;
    let square01 = sum01;
    let square23 = sum01;
    for (let row = 0; row < rows; row += rowsPerTile) {
      const size = f64x2.splat(<f64>min(rowsPerTile, rows - row));
      const shift = loadLanes(from, lanes);
      const sum = loadLanes(from + pitch, lanes);
      const square = loadLanes(from + 2 * pitch, lanes);
      const e01 = f64x2.sub(lower(shift), origin01);
      const e23 = f64x2.sub(upper(shift), origin23);
      const moved01 = f64x2.add(lower(sum), f64x2.mul(e01, size));
      const moved23 = f64x2.add(upper(sum), f64x2.mul(e23, size));
      square01 = f64x2.add(square01, f64x2.add(lower(square), f64x2.mul(e01, f64x2.add(lower(sum), moved01))));
      square23 = f64x2.add(square23, f64x2.add(upper(square), f64x2.mul(e23, f64x2.add(upper(sum), moved23))));
      sum01 = f64x2.add(sum01, moved01);
      sum23 = f64x2.add(sum23, moved23);
      from += 3 * pitch;
    }
    finish(args, at, f64x2.extract_lane(origin01, 0), f64x2.extract_lane(sum01, 0), f64x2.extract_lane(square01, 0));
    if (lanes < 2) continue;
    finish(args, at + 4, f64x2.extract_lane(origin01, 1), f64x2.extract_lane(sum01, 1), f64x2.extract_lane(square01, 1));
    if (lanes < 3) continue;
    finish(args, at + 8, f64x2.extract_lane(origin23, 0), f64x2.extract_lane(sum23, 0), f64x2.extract_lane(square23, 0));
    if (lanes < 4) continue;
    finish(args, at + 12, f64x2.extract_lane(origin23, 1), f64x2.extract_lane(sum23, 1), f64x2.extract_lane(square23, 1));
  }
}

/** What `batch_norm_combine` writes for one channel, `at` bytes from the first, from Σ(x − K) and Σ(x − K)². */
function finish(args: usize, at: usize, origin: f64, sum: f64, square: f64): void {
  const count = <f64>word(args, 9);
  const pitch = <usize>word(args, 10) << 2;
  const momentum = double(args, 15);
  const mean = origin + sum / count;
  // Rounding may leave less than nothing where all values agree. `max` of WebAssembly keeps NaN.
  const m2 = max(square - (sum * sum) / count, 0);
  const stored = address(args, 5) + at;
  store<f32>(stored, <f32>mean);
  store<f32>(stored + pitch, <f32>(mean - <f64>load<f32>(stored)));
  store<f32>(address(args, 6) + at, <f32>(1 / Math.sqrt(m2 / count + double(args, 13))));
  rescale(
    address(args, 1) + at,
    address(args, 2) + at,
    stored + pitch,
    address(args, 6) + at,
    address(args, 7) + at,
    address(args, 8) + at,
  );
  const runningMean = address(args, 3) + at;
  const runningVar = address(args, 4) + at;
  store<f32>(runningMean, <f32>((1 - momentum) * <f64>load<f32>(runningMean) + momentum * mean));
  store<f32>(runningVar, <f32>((1 - momentum) * <f64>load<f32>(runningVar) + (momentum * m2) / (count - 1)));
}

/**
 * Scale and shift of one channel from its statistics as they are stored, so that they can be had again to the last bit. The
 * shift makes up for what the first float of the mean leaves.
 */
function rescale(gamma: usize, beta: usize, left: usize, invstd: usize, scale: usize, shift: usize): void {
  const factor = <f64>load<f32>(gamma) * <f64>load<f32>(invstd);
  store<f32>(scale, <f32>factor);
  store<f32>(shift, <f32>(<f64>load<f32>(beta) - <f64>load<f32>(left) * factor));
}

/** Scale and shift as `batch_norm_combine` gave them. Arguments: 0 γ, 1 β, 2 mean [2][C], 3 invstd, 4 scale, 5 shift, 6 C. One chunk. */
export function batch_norm_rescale(args: usize, chunk: i32): void {
  const pitch = <usize>word(args, 6) << 2;
  for (let c = 0; c < word(args, 6); c++) {
    const at = <usize>c << 2;
    rescale(
      address(args, 0) + at,
      address(args, 1) + at,
      address(args, 2) + pitch + at,
      address(args, 3) + at,
      address(args, 4) + at,
      address(args, 5) + at,
    );
  }
}

/** γ/√(var + ε) of each channel. Arguments: 0 γ, 1 variance, 2 scale, 3 C, 4–5 ε (a double). One chunk. */
export function batch_norm_scale(args: usize, chunk: i32): void {
  for (let c = 0; c < word(args, 3); c++) {
    const at = <usize>c << 2;
    const invstd = 1 / Math.sqrt(<f64>load<f32>(address(args, 1) + at) + double(args, 4));
    store<f32>(address(args, 2) + at, <f32>(<f64>load<f32>(address(args, 0) + at) * invstd));
  }
}

/**
 * y = scale·(x − mean) + shift + residual, then ReLU (NaN stays NaN). The difference comes first: it is exact where scale·x
 * would round at the size of the mean.
 * Arguments: 0 x, 1 y, 2 mean, 3 scale, 4 shift, 5 residual or 0, 6 relu, 7 M, 8 C, 9 rows a chunk.
 */
export function batch_norm_apply(args: usize, chunk: i32): void {
  const mean = address(args, 2);
  const scale = address(args, 3);
  const shift = address(args, 4);
  const channels = word(args, 8);
  const rowsPerChunk = word(args, 9);
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, word(args, 7) - chunk * rowsPerChunk);
  const wide = <usize>(channels & ~3) << 2;
  // Two vectors side by side become one of 256 bits.
  const paired = wide & ~31;
  const rest = channels & 3;
  const floor = word(args, 6) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  let x = address(args, 0) + begin;
  let y = address(args, 1) + begin;
  if (address(args, 5) != 0) {
    let residual = address(args, 5) + begin;
    for (let row = 0; row < rows; row++) {
      let c: usize = 0;
      for (; c < paired; c += 32) {
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        const v = madd(d, v128.load(scale + c), v128.load(shift + c));
        const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
        const w = madd(e, v128.load(scale + c, 16), v128.load(shift + c, 16));
        const a = f32x4.add(v, v128.load(residual + c));
        const b = f32x4.add(w, v128.load(residual + c, 16));
        v128.store(y + c, f32x4.pmax(b, floor), 16);
        v128.store(y + c, f32x4.pmax(a, floor));
      }
      for (; c < wide; c += 16) {
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        const v = madd(d, v128.load(scale + c), v128.load(shift + c));
        v128.store(y + c, f32x4.pmax(f32x4.add(v, v128.load(residual + c)), floor));
      }
      if (rest) {
        const d = f32x4.sub(loadPartial(x + wide, rest), loadPartial(mean + wide, rest));
        const v = madd(d, loadPartial(scale + wide, rest), loadPartial(shift + wide, rest));
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
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        const v = madd(d, v128.load(scale + c), v128.load(shift + c));
        const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
        const w = madd(e, v128.load(scale + c, 16), v128.load(shift + c, 16));
        v128.store(y + c, f32x4.pmax(w, floor), 16);
        v128.store(y + c, f32x4.pmax(v, floor));
      }
      for (; c < wide; c += 16) {
        const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
        const v = madd(d, v128.load(scale + c), v128.load(shift + c));
        v128.store(y + c, f32x4.pmax(v, floor));
      }
      if (rest) {
        const d = f32x4.sub(loadPartial(x + wide, rest), loadPartial(mean + wide, rest));
        const v = madd(d, loadPartial(scale + wide, rest), loadPartial(shift + wide, rest));
        storePartial(y + wide, f32x4.pmax(v, floor), rest);
      }
      x += pitch;
      y += pitch;
    }
  }
}

/**
 * Folds batch norm into a convolution: w′ = w·γ/√(var + ε), b′ = (b − mean)·γ/√(var + ε) + β. One chunk is some of K.
 * Both take the factor as f32 rounds it: otherwise what it loses would stay of a large mean.
 * Arguments: 0 w, 1 bias or 0, 2 γ, 3 β, 4 mean, 5 variance, 6 w′, 7 b′, 8 K, 9 floats of one filter, 10 filters a chunk,
 * 11–12 ε (a double).
 */
export function fold_batch_norm(args: usize, chunk: i32): void {
  const size = word(args, 9);
  const end = min((chunk + 1) * word(args, 10), word(args, 8));
  for (let k = chunk * word(args, 10); k < end; k++) {
    const at = <usize>k << 2;
    const invstd = 1 / Math.sqrt(<f64>load<f32>(address(args, 5) + at) + double(args, 11));
    const scale = <f32>(<f64>load<f32>(address(args, 2) + at) * invstd);
    const bias: f64 = address(args, 1) == 0 ? 0 : load<f32>(address(args, 1) + at);
    const mean = <f64>load<f32>(address(args, 4) + at);
    store<f32>(address(args, 7) + at, <f32>((bias - mean) * <f64>scale + <f64>load<f32>(address(args, 3) + at)));
    const from = address(args, 0) + (<usize>(k * size) << 2);
    const to = address(args, 6) + (<usize>(k * size) << 2);
    const factor = f32x4.splat(scale);
    let i = 0;
    for (; i + 4 <= size; i += 4) {
      const shift = <usize>i << 2;
      v128.store(to + shift, f32x4.mul(v128.load(from + shift), factor));
    }
    for (; i < size; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)) * scale);
  }
}
