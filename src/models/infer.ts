import type { Shape } from '../graph/value.ts';
import type { ModelOptions } from './options.ts';
import { modelInfo } from './registry.ts';

/** Shapes of a state dict's tensors, by the names that the networks of this folder have. */
export type Shapes = ReadonlyMap<string, Shape>;

/** What the networks of this folder call their first convolution and their classifier. */
const stems = ['conv1', 'conv1.0', 'conv_stem', 'features.0.conv', 'conv2d_1a.conv'].map(weight);
const heads = ['fc', 'linear', 'classifier', 'last_linear', 'classif'].map(weight);

/**
 * The options of a named network that weights tell by their shapes: classes, channels, kind of shortcut, and for the
 * free networks (`resnext`, `resnext_cifar`) layers, planes, cardinality and width too. What cannot be told is left to the
 * network's defaults, and whether the result fits is for the caller to see: weights may be of another network altogether.
 */
export function inferOptions(name: string, shapes: Shapes): ModelOptions {
  const { options: defaults } = modelInfo(name);
  const first = (names: readonly string[]) => names.map((key) => shapes.get(key)).find((shape) => shape);
  const inChannels = first(stems)?.[1];
  const head = first(heads);
  const found: { [Key in keyof ModelOptions]: ModelOptions[Key] | undefined } = {
    ...(inChannels === undefined ? {} : { inChannels }),
    ...(head === undefined ? {} : { numClasses: head[0] }),
    ...('shortcut' in defaults ? { shortcut: shortcutOf(shapes, defaults.shortcut) } : {}),
    ...('cardinality' in defaults && 'layers' in defaults ? templateOf(shapes) : {}),
  };
  // `undefined` values would hide defaults, and what equals a default need not be said.
  return Object.fromEntries(
    Object.entries(found).filter(
      ([key, value]) =>
        value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key as keyof ModelOptions]),
    ),
  );
}

function weight(module: string): string {
  return `${module}.weight`;
}

/**
 * Projections have weights: on every block (C) or on some (B). Shortcuts A and none have none, so weights do not tell them
 * apart: A, unless the network has none by default.
 */
function shortcutOf(shapes: Shapes, usual: ModelOptions['shortcut']): ModelOptions['shortcut'] {
  const blocks = [...shapes.keys()].filter((name) => /^layer\d+\.\d+\.conv1\.weight$/.test(name));
  const projections = [...shapes.keys()].filter((name) => /\.(downsample|shortcut)\.0\.weight$/.test(name));
  if (projections.length === 0) return usual === 'none' ? 'none' : 'A';
  if (projections.length < blocks.length) return 'B';
  // Where every stage is one block, B may project everywhere as well.
  return usual === 'B' && blocks.every((name) => name.includes('.0.')) ? 'B' : 'C';
}

/** Blocks of each stage, planes, cardinality and width of a bottleneck network: width = ⌊planes·baseWidth/64⌋·cardinality. */
function templateOf(shapes: Shapes): ModelOptions {
  // Counted, because a number in a name of a file may be any.
  const blocks = new Map<string, number>();
  for (const name of shapes.keys()) {
    const stage = /^(layer\d+)\.\d+\.conv3\.weight$/.exec(name)?.[1];
    if (stage !== undefined) blocks.set(stage, (blocks.get(stage) ?? 0) + 1);
  }
  const layers = Array.from({ length: blocks.size }, (_, stage) => blocks.get(`layer${stage + 1}`) ?? 0);
  const planes = shapes.get('conv1.weight')?.[0];
  const last = shapes.get(`layer${layers.length}.0.conv2.weight`);
  if (planes === undefined || last === undefined || layers.length === 0) return {};
  const [width, perGroup] = last;
  const [firstWidth, firstPerGroup] = shapes.get('layer1.0.conv2.weight') ?? last;
  // Groups of one channel, and more of them where it is wider: no number of groups is the same in all stages.
  const depthwise = perGroup === 1 && firstPerGroup === 1 && firstWidth !== width;
  // Rounding down loses least in the widest stage.
  const baseWidth = Math.ceil((64 * (depthwise ? width : perGroup)) / (planes * 2 ** (layers.length - 1)));
  return depthwise
    ? { layers, planes, cardinality: 1, baseWidth, depthwise }
    : { layers, planes, cardinality: width / perGroup, baseWidth };
}
