/** Where a parameter lies: [0] in the stem, [1, stage, block] in a block, [1, stage, ∞] behind the last of a stage, [∞] in the head. */
type Place = readonly number[];

const blocks: readonly RegExp[] = [
  /^layer([1-9]\d*)\.(\d+)/,
  /^stages\.(\d+)\.(?:blocks\.)?(\d+)/,
  /^blocks\.(\d+)\.(\d+)/,
  /^s(\d+)\.b(\d+)/,
  /^stage(\d+)\.(\d+)/,
  // Aligned Xceptions, Inception, and networks of one's own that number their parts.
  /^(?:blocks|features|layers)\.(\d+)/,
];
/** What leads from one stage to the next, and what belongs to the last block before it. */
const transition = /^stages\.(\d+)\..*transition/;
const beside = /^stages\.(\d+)\./;
const lastNorm = /^(?:norm|norm_pre|bn2|final_conv)\./;

/**
 * The layer of each parameter, from 0 for the stem on, as timm counts them (`group_matcher`, `param_groups_layer_decay`): a block is one, what
 * leads into a stage belongs to its first block, what follows the blocks is the head's. Of a network without blocks by a known name, what comes
 * before the first number in a path is a layer.
 *
 * @param paths of all parameters, in the order of the network
 */
export function layersOf(paths: readonly string[]): ReadonlyMap<string, number> {
  const first = paths.findIndex((path) => blocks.some((pattern) => pattern.test(path)));
  if (first === -1) return plainLayers(paths);
  const normed = paths.some((path) => path.startsWith('bn2.'));
  const places = paths.map((path, at) => placeOf(path, at < first, normed));
  const ordered = [...new Map(places.map((place) => [place.join(), place])).values()].sort(compare);
  const numbers = new Map<string, number>();
  let layer = -1;
  for (const place of ordered) {
    // What follows the last block of a stage is of that block's layer.
    if (layer < 0 || place.length === 1 || place.at(-1) !== Infinity) layer++;
    numbers.set(place.join(), layer);
  }
  return new Map(paths.map((path, at) => [path, numbers.get(places[at].join()) ?? 0]));
}

function placeOf(path: string, isBefore: boolean, isNormed: boolean): Place {
  const found = blocks.map((pattern) => pattern.exec(path)).find((match) => match !== null);
  if (found) return [1, ...found.slice(1).map(Number)];
  const behind = transition.exec(path);
  if (behind) return [1, Number(behind[1]), Infinity];
  const entry = beside.exec(path);
  if (entry) return [1, Number(entry[1]), 0];
  if (isBefore) return [0];
  // EfficientNet's last convolution has a norm and is pooled; MobileNetV3's classifies.
  const isLast = lastNorm.test(path) || (isNormed && path.startsWith('conv_head.'));
  return isLast ? [1, Infinity, Infinity] : [Infinity];
}

function compare(a: Place, b: Place): number {
  for (const [at, number] of a.entries()) {
    const other = b.at(at) ?? -1;
    if (number !== other) return number < other ? -1 : 1;
  }
  return a.length - b.length;
}

/** Parts of a network in their order, each with what is below it up to the first number in its path. */
function plainLayers(paths: readonly string[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  const layers = paths.map((path): [string, number] => {
    const name = /^.*?\d+/.exec(path)?.[0] ?? path.split('.')[0];
    const layer = numbers.get(name) ?? numbers.size;
    numbers.set(name, layer);
    return [path, layer];
  });
  return new Map(layers);
}
