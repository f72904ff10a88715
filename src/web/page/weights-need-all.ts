/** Families of which timm publishes weights, and that the small scripts do not know. */
const otherFamilies =
  /^(?:tf_|legacy_se|semnas|mnas|mobilenetv[23]|efficientnet|shufflenet|regnet|convnext|xception\d|(?:wide_|se|sk|eca_?|gc|csp|bat_)res)/;

/** Whether their name says so of weights: `hf:timm/mobilenetv3_large_100.ra_in1k`. Of others the small scripts look first. */
export function weightsNeedAll(source: unknown): boolean {
  return typeof source === 'string' && otherFamilies.test(/^hf:timm\/(.+)/.exec(source)?.[1] ?? '');
}
