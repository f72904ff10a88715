import { address, double, word } from './simd';

/*
 * Softmax cross-entropy of N rows of K logits against rows of probabilities, t = (1 − ε)·target + ε/K. All sums and
 * functions in doubles; the largest logit is subtracted first.
 */

/** e^x in doubles, relative error below 1e-14. The standard library's uses a static table, which kernels must not have. */
function exp(x: f64): f64 {
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

/** ln x in doubles for normal x ≥ 1 (a sum of exponentials that holds e⁰): x = 2ⁿ·m, ln m = 2·artanh((m − 1)/(m + 1)). */
function log(x: f64): f64 {
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
 * −Σₖ t·log softmax of each row, as f64. Arguments: 0 logits, 1 target, 2 losses, 3 N, 4 K, 5 rows a chunk, 6–7 ε (a double).
 */
export function cross_entropy_rows(args: usize, chunk: i32): void {
  const classes = word(args, 4);
  const bytes = <usize>classes << 2;
  const smoothing = double(args, 6);
  const end = min((chunk + 1) * word(args, 5), word(args, 3));
  for (let n = chunk * word(args, 5); n < end; n++) {
    const row = address(args, 0) + <usize>n * bytes;
    const target = address(args, 1) + <usize>n * bytes;
    const most = <f64>largest(row, row + bytes);
    let sum: f64 = 0;
    for (let k: usize = 0; k < bytes; k += 4) sum += exp(<f64>load<f32>(row + k) - most);
    const logSum = log(sum);
    let loss: f64 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const t = (1 - smoothing) * <f64>load<f32>(target + k) + smoothing / <f64>classes;
      loss -= t * (<f64>load<f32>(row + k) - most - logSum);
    }
    store<f64>(address(args, 2) + (<usize>n << 3), loss);
  }
}

/** The mean of the rows' losses. One chunk. Arguments: 0 losses, 1 loss, 2 N. */
export function cross_entropy_mean(args: usize, chunk: i32): void {
  const rows = word(args, 2);
  let sum: f64 = 0;
  for (let n = 0; n < rows; n++) sum += load<f64>(address(args, 0) + (<usize>n << 3));
  store<f32>(address(args, 1), <f32>(sum / <f64>rows));
}

/**
 * dlogits = dloss/N · (softmax·Σt − t).
 * Arguments: 0 logits, 1 target, 2 dloss, 3 dlogits, 4 N, 5 K, 6 rows a chunk, 7–8 ε (a double).
 */
export function cross_entropy_backward(args: usize, chunk: i32): void {
  const classes = word(args, 5);
  const bytes = <usize>classes << 2;
  const smoothing = double(args, 7);
  const scale = <f64>load<f32>(address(args, 2)) / <f64>word(args, 4);
  const end = min((chunk + 1) * word(args, 6), word(args, 4));
  for (let n = chunk * word(args, 6); n < end; n++) {
    const row = address(args, 0) + <usize>n * bytes;
    const target = address(args, 1) + <usize>n * bytes;
    const out = address(args, 3) + <usize>n * bytes;
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
