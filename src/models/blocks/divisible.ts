/** Options of `makeDivisible`. */
export interface DivisibleOptions {
  /** Default: the divisor. */
  readonly least?: number;
  /** Share of the wanted number that rounding down may not fall below; 0 lets it. Default: 0.9. */
  readonly atLeastShare?: number;
}

/**
 * The multiple of `divisor` nearest to `channels`, which hardware likes, as TensorFlow's MobileNets and timm round: halves
 * go up, and what rounding down would make more than a tenth smaller goes up as well.
 */
export function makeDivisible(
  channels: number,
  divisor = 8,
  { least = divisor, atLeastShare = 0.9 }: DivisibleOptions = {},
): number {
  const rounded = Math.max(least, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return rounded < atLeastShare * channels ? rounded + divisor : rounded;
}
