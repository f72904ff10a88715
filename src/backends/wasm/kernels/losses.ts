import {
  BinaryEntropyBackwardArgs,
  BinaryEntropyRowsArgs,
  SoftmaxFocalBackwardArgs,
  SoftmaxFocalRowsArgs,
} from './args.generated';
import { exp, log } from './loss';

/*
 * Losses beside softmax cross-entropy, of N rows of K logits: binary cross-entropy of each label by itself, and both focal losses. All in
 * doubles. Rows are summed by `cross_entropy_mean`. Bound by exponentials and logarithms.
 */

/** log(1 + x) for x from 0 to 1. */
export function log1p(x: f64): f64 {
  return x < 1e-5 ? x * (1 - x * (0.5 - x / 3)) : log(1 + x);
}

/** base^exponent of a probability; 0 for 0, by whatever it is multiplied. */
function power(base: f64, exponent: f64): f64 {
  if (exponent == 0) return 1;
  if (base < 1e-300) return 0;
  if (exponent == 1) return base;
  return exponent == 2 ? base * base : exp(exponent * log(base));
}

function binaryTarget(args: BinaryEntropyRowsArgs, target: f64): f64 {
  const soft = args.scale * target + args.offset;
  if (!args.binary) return soft;
  return soft > args.threshold ? 1 : 0;
}

function weightOf(args: BinaryEntropyRowsArgs, t: f64): f64 {
  return args.weighted ? args.alpha * t + (1 - args.alpha) * (1 - t) : 1;
}

function entropyOf(x: f64, t: f64): f64 {
  return max(x, <f64>0) - x * t + log1p(exp(-abs(x)));
}

/** −w·t·log p − (1 − t)·log(1 − p). */
function posWeighedEntropy(x: f64, t: f64, w: f64): f64 {
  return (1 - t) * x + (1 + (w - 1) * t) * (log1p(exp(-abs(x))) + max(-x, <f64>0));
}

/** The sum of each row's losses, times `share`, as f64. */
export function binary_entropy_rows(args: BinaryEntropyRowsArgs, chunk: i32): void {
  const bytes = <usize>args.classes << 2;
  const gamma = args.gamma;
  const end = min((chunk + 1) * args.rowsPerChunk, args.rows);
  for (let n = chunk * args.rowsPerChunk; n < end; n++) {
    const row = args.logits + <usize>n * bytes;
    const target = args.target + <usize>n * bytes;
    let sum: f64 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const x = <f64>load<f32>(row + k);
      const t = binaryTarget(args, <f64>load<f32>(target + k));
      const p = 1 / (1 + exp(-x));
      const no = 1 / (1 + exp(x));
      if (args.isPosWeighted) {
        sum += posWeighedEntropy(x, t, <f64>load<f32>(args.posWeights + k));
        continue;
      }
      sum += weightOf(args, t) * power(no * t + p * (1 - t), gamma) * entropyOf(x, t);
    }
    store<f64>(args.losses + (<usize>n << 3), sum * args.share);
  }
}

/** dlogits, from `share`/N · dloss. */
export function binary_entropy_backward(args: BinaryEntropyBackwardArgs, chunk: i32): void {
  const bytes = <usize>args.classes << 2;
  const gamma = args.gamma;
  const scale = (<f64>load<f32>(args.dloss) * args.share) / <f64>args.rows;
  const end = min((chunk + 1) * args.rowsPerChunk, args.rows);
  for (let n = chunk * args.rowsPerChunk; n < end; n++) {
    const row = args.logits + <usize>n * bytes;
    const target = args.target + <usize>n * bytes;
    const out = args.dlogits + <usize>n * bytes;
    for (let k: usize = 0; k < bytes; k += 4) {
      const x = <f64>load<f32>(row + k);
      const t = binaryTarget(args, <f64>load<f32>(target + k));
      const p = 1 / (1 + exp(-x));
      const no = 1 / (1 + exp(x));
      let slope = p - t;
      if (args.isPosWeighted) {
        slope = (1 - t) * p - <f64>load<f32>(args.posWeights + k) * t * no;
      } else if (gamma != 0) {
        const wrong = no * t + p * (1 - t);
        slope =
          power(wrong, gamma) * slope -
          gamma * power(wrong, gamma - 1) * p * no * (2 * t - 1) * entropyOf(x, t);
      }
      store<f32>(out + k, <f32>(scale * weightOf(args, t) * slope));
    }
  }
}

/** The index of the largest logit, the first of equals or a NaN. */
function top(row: usize, classes: i32): i32 {
  let best = 0;
  let most = load<f32>(row);
  for (let k = 1; k < classes; k++) {
    const logit = load<f32>(row + (<usize>k << 2));
    if (logit > most || logit != logit) {
      most = logit;
      best = k;
    }
  }
  return best;
}

/** Σ e^(x − x of `best`) over all but `best`: what remains of the largest, however little. */
function others(row: usize, classes: i32, best: i32): f64 {
  const most = <f64>load<f32>(row + (<usize>best << 2));
  let sum: f64 = 0;
  for (let k = 0; k < classes; k++) {
    if (k != best) sum += exp(<f64>load<f32>(row + (<usize>k << 2)) - most);
  }
  return sum;
}

/** −Σₖ t·(1 − p)^γ·log p of each row, as f64. */
export function softmax_focal_rows(args: SoftmaxFocalRowsArgs, chunk: i32): void {
  const classes = args.classes;
  const smoothing = args.smoothing;
  const end = min((chunk + 1) * args.rowsPerChunk, args.rows);
  for (let n = chunk * args.rowsPerChunk; n < end; n++) {
    const row = args.logits + ((<usize>n * <usize>classes) << 2);
    const target = args.target + ((<usize>n * <usize>classes) << 2);
    const best = top(row, classes);
    const most = <f64>load<f32>(row + (<usize>best << 2));
    const rest = others(row, classes, best);
    const sum = rest + 1;
    const logSum = log(sum);
    let loss: f64 = 0;
    for (let k = 0; k < classes; k++) {
      const at = <usize>k << 2;
      const t = (1 - smoothing) * <f64>load<f32>(target + at) + smoothing / <f64>classes;
      const logit = <f64>load<f32>(row + at) - most;
      const wrong = k == best ? rest / sum : (sum - exp(logit)) / sum;
      loss -= t * power(wrong, args.gamma) * (logit - logSum);
    }
    store<f64>(args.losses + (<usize>n << 3), loss);
  }
}

/** dlogitsⱼ = dloss/N · (gⱼ − pⱼ·Σg), gₖ = t·(γ·p·(1 − p)^(γ − 1)·log p − (1 − p)^γ). */
export function softmax_focal_backward(args: SoftmaxFocalBackwardArgs, chunk: i32): void {
  const classes = args.classes;
  const smoothing = args.smoothing;
  const gamma = args.gamma;
  const scale = <f64>load<f32>(args.dloss) / <f64>args.rows;
  const end = min((chunk + 1) * args.rowsPerChunk, args.rows);
  for (let n = chunk * args.rowsPerChunk; n < end; n++) {
    const row = args.logits + ((<usize>n * <usize>classes) << 2);
    const target = args.target + ((<usize>n * <usize>classes) << 2);
    const out = args.dlogits + ((<usize>n * <usize>classes) << 2);
    const best = top(row, classes);
    const most = <f64>load<f32>(row + (<usize>best << 2));
    const rest = others(row, classes, best);
    const sum = rest + 1;
    const logSum = log(sum);
    let total: f64 = 0;
    // Twice: between the two, single precision would not keep enough of a slope.
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < classes; k++) {
        const at = <usize>k << 2;
        const t = (1 - smoothing) * <f64>load<f32>(target + at) + smoothing / <f64>classes;
        const logit = <f64>load<f32>(row + at) - most;
        const e = exp(logit);
        const wrong = k == best ? rest / sum : (sum - e) / sum;
        let slope = -power(wrong, gamma);
        if (gamma != 0) slope += gamma * (e / sum) * power(wrong, gamma - 1) * (logit - logSum);
        slope *= t;
        if (pass == 0) total += slope;
        else store<f32>(out + at, <f32>(scale * (slope - (e / sum) * total)));
      }
    }
  }
}
