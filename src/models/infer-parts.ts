import type { Shape } from '../graph/value.ts';
import type { ModelOptions } from './options.ts';
import type { Attention, PartOptions } from './part-options.ts';

/** Shapes of a state dict's tensors, by the names that the networks of this folder have. They do not change. */
export type Shapes = ReadonlyMap<string, Shape>;

/**
 * Which parts a `ResNet` has by the shapes of its weights, where its user may choose them. Antialiasing, drop-path and
 * activations have no weights: they are left to the network's defaults.
 */
export function inferParts(shapes: Shapes, defaults: ModelOptions): PartOptions {
  // A name that fixes the layers means the parts that it has by default, too: with others the weights are of a free network.
  if (!('stemMultiplier' in defaults && 'layers' in defaults)) return {};
  const found = attentionOf(shapes);
  const [planes, stemChannels] = [planesOf(shapes), shapes.get('bn1.weight')?.[0]];
  return {
    ...stemOf(shapes, defaults.stem),
    ...(planes === undefined || stemChannels === undefined
      ? {}
      : { stemMultiplier: Math.max(1, Math.floor(stemChannels / planes)) }),
    avgDown: [...shapes].some(([name, shape]) => shape.length === 4 && name.endsWith('.downsample.1.weight')),
    attention: found?.kind ?? 'none',
    ...(found === undefined ? {} : reductionOf(shapes, found)),
  };
}

/** The free networks come in pairs, for photographs and for small pictures: a plain stem is that of the network's own kind. */
function stemOf(shapes: Shapes, usual: PartOptions['stem']): PartOptions {
  const [first, second] = [shapes.get('conv1.0.weight'), shapes.get('conv1.3.weight')];
  if (first === undefined) return usual === undefined ? {} : { stem: usual };
  return { stem: first[0] === second?.[0] ? 'deep' : 'deep_tiered' };
}

/** A kind of attention, and its convolution that has fewer channels outside than inside. */
interface Found {
  readonly kind: Attention;
  readonly reducing: string;
}

const kinds: readonly (readonly [Attention, RegExp])[] = [
  ['se', /\.se\.fc1\.weight$/],
  ['gc', /\.se\.mlp_add\.fc1\.weight$/],
  ['bat', /\.se\.conv1\.conv\.weight$/],
  ['eca', /\.se\.conv\.weight$/],
  ['sk', /\.attn\.fc_reduce\.weight$/],
];

/** The last block's, which is the widest: rounding changes its reduction least. */
function attentionOf(shapes: Shapes): Found | undefined {
  let found: Found | undefined;
  for (const name of shapes.keys()) {
    const kind = kinds.find(([, names]) => names.test(name))?.[0];
    if (kind !== undefined) found = { kind, reducing: name };
  }
  return found;
}

function reductionOf(shapes: Shapes, { kind, reducing }: Found): PartOptions {
  const [reduced, channels] = shapes.get(reducing) ?? [];
  return kind === 'eca' ? {} : { reduction: Math.round(channels / reduced) };
}

/** Planes of the first stage: a quarter of what its bottlenecks give, or all that its basic blocks do. */
export function planesOf(shapes: Shapes): number | undefined {
  const given = (layer: 2 | 3) =>
    (shapes.get(`layer1.0.bn${layer}.weight`) ?? shapes.get(`layer1.0.conv${layer}.bn.weight`))?.[0];
  const bottleneck = given(3);
  return bottleneck === undefined ? given(2) : bottleneck / 4;
}

/** The 3×3 of the bottleneck called `block`; the first of several. */
export function innerConvolution(shapes: Shapes, block: string): Shape | undefined {
  return shapes.get(`${block}conv2.weight`) ?? shapes.get(`${block}conv2.paths.0.conv.weight`);
}

/** The blocks of the free `resnet`: their kind, and how many each stage has; `names` are their first convolutions. */
export function inferBlocks(
  shapes: Shapes,
  names: readonly string[],
  defaults: ModelOptions,
): Pick<ModelOptions, 'layers' | 'block' | 'planes'> {
  const planes = planesOf(shapes);
  if (!('block' in defaults) || planes === undefined) return {};
  const stages = Map.groupBy(names, (name) => name.slice(0, name.indexOf('.')));
  return {
    layers: Array.from({ length: stages.size }, (_, stage) => stages.get(`layer${stage + 1}`)?.length ?? 0),
    block:
      shapes.has('layer1.0.bn3.weight') || shapes.has('layer1.0.conv3.bn.weight') ? 'bottleneck' : 'basic',
    planes,
  };
}
