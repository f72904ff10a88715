import {
  CrossEntropyBackwardArgs,
  CrossEntropyMeanArgs,
  CrossEntropyRowsArgs,
  Top1HitsArgs,
} from './args.generated';

/*
 * What a batch came to: the softmax cross-entropy of N rows of K logits against rows of probabilities, t = (1 − ε)·target + ε/K,
 * and how many rows have their largest logit at their label. All sums and functions of the loss in doubles; the largest logit is
 * subtracted first. Bound by exponentials, some 5 ns each.
 */

/** e^x in doubles, relative error below 1e-14. The standard library's uses a static table, which kernels must not have. */
export function exp(x: f64): f64 {
  if (x != x) return x;
  if (x > 709) return Infinity;
  if (x < -708) return 0;
  const n = nearest<f64>(x * 1.4426950408889634);
  // x = n·ln 2 + r, ln 2 in two parts (fdlibm).
  const r = x - n * 6.93147180369123816490e-1 - n * 1.90821492927058770002e-10;
  let p: f64 = 1 / 6227020800.0;
  p = p * r + 1 / 479001600.0;
  p = p * r + 1 / 39916800.0;
  p = p * r + 1 / 3628800.0;
  p = p * r + 1 / 362880.0;
  p = p * r + 1 / 40320.0;
  p = p * r + 1 / 5040.0;
  p = p * r + 1 / 720.0;
  p = p * r + 1 / 120.0;
  p = p * r + 1 / 24.0;
  p = p * r + 1 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}

/** ln x in doubles for normal x above 0: x = 2ⁿ·m, ln m = 2·artanh((m − 1)/(m + 1)). */
export function log(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i64>(x);
  let n = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    n++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let p: f64 = 1 / 21.0;
  p = p * z + 1 / 19.0;
  p = p * z + 1 / 17.0;
  p = p * z + 1 / 15.0;
  p = p * z + 1 / 13.0;
  p = p * z + 1 / 11.0;
  p = p * z + 1 / 9.0;
  p = p * z + 1 / 7.0;
  p = p * z + 1 / 5.0;
  p = p * z + 1 / 3.0;
  p = p * z + 1;
  return 2 * s * p + <f64>n * 0.6931471805599453;
}

function largest(row: usize, end: usize): f32 {
  let most: f32 = -Infinity;
  // `max` of WebAssembly keeps NaN.
  for (; row < end; row += 4) most = max(most, load<f32>(row));
  return most;
}

/**
 * −Σₖ t·log softmax of each row, as f64.
 */
export function cross_entropy_rows(args: CrossEntropyRowsArgs, chunk: i32): void {
  const classes = args.classes;
  const bytes = <usize>classes << 2;
  const smoothing = args.smoothing;
  const end = min((chunk + 1) * args.rowsPerChunk, args.rows);
  for (let n = chunk * args.rowsPerChunk; n < end; n++) {
    const row = args.logits + <usize>n * bytes;
    const target = args.target + <usize>n * bytes;
    const most = <f64>largest(row, row + bytes);
    let sum: f64 = 0;
    for (let k: usize = 0; k < bytes; k += 4) sum += exp(<f64>load<f32>(row + k) - most);
    const logSum = log(sum);
    let loss: f64 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const t = (1 - smoothing) * <f64>load<f32>(target + k) + smoothing / <f64>classes;
      loss -= t * (<f64>load<f32>(row + k) - most - logSum);
    }
    store<f64>(args.losses + (<usize>n << 3), loss);
  }
}

/** The mean of the rows' losses. One chunk. */
export function cross_entropy_mean(args: CrossEntropyMeanArgs, chunk: i32): void {
  const rows = args.rows;
  let sum: f64 = 0;
  for (let n = 0; n < rows; n++) sum += load<f64>(args.losses + (<usize>n << 3));
  store<f32>(args.loss, <f32>(sum / <f64>rows));
}

/**
 * dlogits = dloss/N · (softmax·Σt − t).
 */
export function cross_entropy_backward(args: CrossEntropyBackwardArgs, chunk: i32): void {
  const classes = args.classes;
  const bytes = <usize>classes << 2;
  const smoothing = args.smoothing;
  const scale = <f64>load<f32>(args.dloss) / <f64>args.rows;
  const end = min((chunk + 1) * args.rowsPerChunk, args.rows);
  for (let n = chunk * args.rowsPerChunk; n < end; n++) {
    const row = args.logits + <usize>n * bytes;
    const target = args.target + <usize>n * bytes;
    const out = args.dlogits + <usize>n * bytes;
    const most = <f64>largest(row, row + bytes);
    let sum: f64 = 0;
    let total: f64 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const power = exp(<f64>load<f32>(row + k) - most);
      store<f32>(out + k, <f32>power);
      sum += power;
      total += (1 - smoothing) * <f64>load<f32>(target + k) + smoothing / <f64>classes;
    }
    const share = total / sum;
    for (let k: usize = 0; k < bytes; k += 4) {
      const t = (1 - smoothing) * <f64>load<f32>(target + k) + smoothing / <f64>classes;
      store<f32>(out + k, <f32>(scale * (<f64>load<f32>(out + k) * share - t)));
    }
  }
}

/** The index of the largest logit, the first of equals; a NaN counts as the largest. */
function argmax(row: usize, classes: i32): i32 {
  let best = 0;
  let most = load<f32>(row);
  for (let k = 0; k < classes; k++) {
    const logit = load<f32>(row + (<usize>k << 2));
    if (logit != logit) return k;
    if (logit > most) {
      most = logit;
      best = k;
    }
  }
  return best;
}

/** How many rows have their largest logit at their label. One chunk: a load and a comparison for each logit. */
export function top1_hits(args: Top1HitsArgs, chunk: i32): void {
  const classes = args.classes;
  const rows = args.rows;
  let hits = 0;
  for (let n = 0; n < rows; n++) {
    const predicted = argmax(args.logits + (<usize>(n * classes) << 2), classes);
    if (<f32>predicted == load<f32>(args.labels + (<usize>n << 2))) hits++;
  }
  store<f32>(args.hits, <f32>hits);
}
