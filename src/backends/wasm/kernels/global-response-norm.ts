import { GlobalResponseNormBackwardCombineArgs, GlobalResponseNormCombineArgs } from './args.generated';
import { sumOfTiles } from './picture-norm';

/*
 * Global response norm (Woo et al. 2023): `picture_moments` from 0 → `global_response_norm_combine` → `picture_apply`, and back
 * `picture_sums` → `global_response_norm_backward_combine` → `picture_backward_apply`, with means of 0.
 */

/** Norms, and y = (1 + γ·n)·x + β. A chunk is a picture. */
export function global_response_norm_combine(args: GlobalResponseNormCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const pitch = <usize>channels << 2;
  const to = <usize>chunk * pitch;
  for (let at: usize = 0; at < pitch; at += 4) {
    const square = sumOfTiles(args.partials, pitch, chunk, args.rowTiles, 3, 2, at);
    store<f32>(args.norm + to + at, <f32>Math.sqrt(square));
  }
  const divisor = meanOfNorms(args.norm + to, channels) + args.eps;
  for (let at: usize = 0; at < pitch; at += 4) {
    const n = <f64>load<f32>(args.norm + to + at) / divisor;
    store<f32>(args.means + to + at, 0);
    store<f32>(args.scale + to + at, <f32>(1 + <f64>load<f32>(args.gamma + at) * n));
    store<f32>(args.shift + to + at, load<f32>(args.beta + at));
  }
}

function meanOfNorms(norm: usize, channels: i32): f64 {
  let sum: f64 = 0;
  for (let c = 0; c < channels; c++) sum += <f64>load<f32>(norm + (<usize>c << 2));
  return sum / <f64>channels;
}

/** dγ, dβ, and dx = scale·dy + slope·x. One chunk. */
export function global_response_norm_backward_combine(args: GlobalResponseNormBackwardCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const rowTiles = args.rowTiles;
  const partials = args.partials;
  const pitch = <usize>channels << 2;
  for (let image = 0; image < args.images; image++) {
    const to = <usize>image * pitch;
    const norm = args.norm + to;
    const divisor = meanOfNorms(norm, channels) + args.eps;
    store<f64>(args.divisors + (<usize>image << 3), divisor);
    let shared: f64 = 0;
    for (let at: usize = 0; at < pitch; at += 4) {
      const product = sumOfTiles(partials, pitch, image, rowTiles, 2, 1, at);
      shared += <f64>load<f32>(args.gamma + at) * product * <f64>load<f32>(norm + at);
    }
    shared /= <f64>channels * divisor * divisor;
    for (let at: usize = 0; at < pitch; at += 4) {
      const gamma = <f64>load<f32>(args.gamma + at);
      const size = <f64>load<f32>(norm + at);
      const product = sumOfTiles(partials, pitch, image, rowTiles, 2, 1, at);
      // The norm of nothing but zeros has no slope; PyTorch takes 0.
      const slope = size == 0 ? 0 : ((gamma * product) / divisor - shared) / size;
      store<f32>(args.scale + to + at, <f32>(1 + (gamma * size) / divisor));
      store<f32>(args.slope + to + at, <f32>slope);
      store<f32>(args.shift + to + at, 0);
    }
  }
  for (let at: usize = 0; at < pitch; at += 4) {
    let slopes: f64 = 0;
    let sums: f64 = 0;
    for (let image = 0; image < args.images; image++) {
      const n = <f64>load<f32>(args.norm + <usize>image * pitch + at) / load<f64>(args.divisors + (<usize>image << 3));
      slopes += n * sumOfTiles(partials, pitch, image, rowTiles, 2, 1, at);
      sums += sumOfTiles(partials, pitch, image, rowTiles, 2, 0, at);
    }
    store<f32>(args.dgamma + at, <f32>slopes);
    store<f32>(args.dbeta + at, <f32>sums);
  }
}
