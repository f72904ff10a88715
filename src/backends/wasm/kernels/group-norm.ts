import { GroupNormBackwardCombineArgs, GroupNormCombineArgs, GroupNormMeansArgs } from './args.generated';
import { sumOfTiles } from './picture-norm';
import { keep } from './statistics';

/*
 * Group norm (Wu and He 2018): `picture_moments` → `group_norm_combine` → `picture_apply`, and back `group_norm_means` → `picture_sums` →
 * `group_norm_backward_combine` → `picture_backward_apply`. What is here joins the sums of tiles, in doubles and in a fixed order.
 */

/**
 * With e = shift − K, where K is the group's first shift, Σ(x − K) is the sum of Σd + n·e over tiles and channels, Σ(x − K)² that of
 * Σd² + e·(2·Σd + n·e). A chunk is one group of one picture.
 */
export function group_norm_combine(args: GroupNormCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const groups = args.groups;
  const image = chunk / groups;
  const width = channels / groups;
  const first = (chunk % groups) * width;
  const pitch = <usize>channels << 2;
  const tiles = args.partials + <usize>(image * args.rowTiles) * 3 * pitch + (<usize>first << 2);
  const origin = <f64>load<f32>(tiles);
  let sum: f64 = 0;
  let square: f64 = 0;
  for (let c = 0; c < width; c++) {
    let from = tiles + (<usize>c << 2);
    for (let row = 0; row < args.rows; row += args.rowsPerTile) {
      const size = <f64>min(args.rowsPerTile, args.rows - row);
      const e = <f64>load<f32>(from) - origin;
      const d = <f64>load<f32>(from + pitch);
      sum += d + e * size;
      square += <f64>load<f32>(from + 2 * pitch) + e * (2 * d + e * size);
      from += 3 * pitch;
    }
  }
  const count = <f64>args.rows * <f64>width;
  const mean = args.mean + (<usize>chunk << 2);
  const left = mean + (<usize>args.statistics << 2);
  const invstd = args.invstd + (<usize>chunk << 2);
  // Rounding may leave less than nothing where all values agree. `max` of WebAssembly keeps NaN.
  keep(mean, left, invstd, origin + sum / count, max(square - (sum * sum) / count, 0), count, args.eps);
  const to = <usize>(image * channels + first) << 2;
  for (let c: usize = 0; c < <usize>width << 2; c += 4) {
    const at = (<usize>first << 2) + c;
    const factor = <f64>load<f32>(args.gamma + at) * <f64>load<f32>(invstd);
    store<f32>(args.means + to + c, load<f32>(mean));
    store<f32>(args.scale + to + c, <f32>factor);
    store<f32>(args.shift + to + c, <f32>(<f64>load<f32>(args.beta + at) - <f64>load<f32>(left) * factor));
  }
}

/** The mean of each channel's group, as its first float has it. A chunk is a picture. */
export function group_norm_means(args: GroupNormMeansArgs, chunk: i32): void {
  const channels = args.channels;
  const width = channels / args.groups;
  const means = args.means + (<usize>(chunk * channels) << 2);
  const mean = args.mean + (<usize>(chunk * args.groups) << 2);
  for (let c = 0; c < channels; c++) {
    store<f32>(means + (<usize>c << 2), load<f32>(mean + (<usize>(c / width) << 2)));
  }
}

/** dγ and dβ of a group's channels, and what gives dx there. A chunk is one group of all pictures. */
export function group_norm_backward_combine(args: GroupNormBackwardCombineArgs, chunk: i32): void {
  const channels = args.channels;
  const groups = args.groups;
  const images = args.images;
  const rowTiles = args.rowTiles;
  const partials = args.partials;
  const width = channels / groups;
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * width) << 2;
  const end = begin + (<usize>width << 2);
  const count = <f64>args.rows * <f64>width;
  for (let at = begin; at < end; at += 4) {
    let slopes: f64 = 0;
    let sums: f64 = 0;
    for (let image = 0; image < images; image++) {
      const statistic = <usize>(image * groups + chunk) << 2;
      const left = <f64>load<f32>(args.mean + (<usize>(images * groups) << 2) + statistic);
      const sum = sumOfTiles(partials, pitch, image, rowTiles, 2, 0, at);
      const product = sumOfTiles(partials, pitch, image, rowTiles, 2, 1, at);
      slopes += (product - left * sum) * <f64>load<f32>(args.invstd + statistic);
      sums += sum;
    }
    store<f32>(args.dgamma + at, <f32>slopes);
    store<f32>(args.dbeta + at, <f32>sums);
  }
  for (let image = 0; image < images; image++) {
    const statistic = <usize>(image * groups + chunk) << 2;
    const left = <f64>load<f32>(args.mean + (<usize>(images * groups) << 2) + statistic);
    const invstd = <f64>load<f32>(args.invstd + statistic);
    let level: f64 = 0;
    let slope: f64 = 0;
    for (let at = begin; at < end; at += 4) {
      const gamma = <f64>load<f32>(args.gamma + at);
      const sum = sumOfTiles(partials, pitch, image, rowTiles, 2, 0, at);
      const product = sumOfTiles(partials, pitch, image, rowTiles, 2, 1, at);
      level += gamma * sum;
      slope += gamma * (product - left * sum) * invstd;
    }
    const b = (-invstd * invstd * slope) / count;
    const k = (-invstd * level) / count - b * left;
    const to = <usize>image * pitch;
    for (let at = begin; at < end; at += 4) {
      store<f32>(args.scale + to + at, <f32>(<f64>load<f32>(args.gamma + at) * invstd));
      store<f32>(args.slope + to + at, <f32>b);
      store<f32>(args.shift + to + at, <f32>k);
    }
  }
}
