import type { Shape } from '../graph/value.ts';
import type { ModelOptions } from './options.ts';
import { modelInfo } from './registry.ts';

/** Shapes of a state dict's tensors, by the names that the networks of this folder have. */
export type Shapes = ReadonlyMap<string, Shape>;

/** What the networks of this folder call their first convolution and their classifier. */
const stems = ['conv1', 'conv1.0', 'conv_stem', 'features.0.conv', 'conv2d_1a.conv'].map(weight);
const heads = ['fc', 'linear', 'classifier', 'last_linear', 'classif'].map(weight);

/**
 * The options of a named network that weights tell by their shapes: classes, channels, kind of shortcut, form of ResNeXt's
 * blocks, and for the free networks (`resnext`, `resnext_cifar`) layers, planes, cardinality and width too. What cannot be told is left to the
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
    ...('residual' in defaults && !('shortcut' in defaults) ? { residual: hasProjections(shapes) } : {}),
    ...('form' in defaults ? { form: formOf(shapes) } : {}),
    ...('cardinality' in defaults && 'layers' in defaults ? templateOf(shapes, defaults) : {}),
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
 * apart: A, unless the network has none by default. Whoever knows that there are none says so (`residual: false`).
 */
function shortcutOf(shapes: Shapes, usual: ModelOptions['shortcut']): ModelOptions['shortcut'] {
  const blocks = [...shapes.keys()].filter((name) =>
    /^layer\d+\.\d+\.(paths\.0\.)?conv1\.weight$/.test(name),
  );
  const projections = [...shapes.keys()].filter(isProjection);
  if (projections.length === 0) return usual === 'none' ? 'none' : 'A';
  if (projections.length < blocks.length) return 'B';
  // Where every stage is one block, B may project everywhere as well.
  return usual === 'B' && blocks.every((name) => /^layer\d+\.0\./.test(name)) ? 'B' : 'C';
}

/** Paths of their own mean (a) or (b), and only in (a) each ends with a third convolution. */
function formOf(shapes: Shapes): ModelOptions['form'] {
  const names = [...shapes.keys()];
  if (names.some((name) => name.endsWith('.paths.0.conv3.weight'))) return 'a';
  return names.some((name) => name.endsWith('.paths.0.conv2.weight')) ? 'b' : 'c';
}

/** Where shortcuts are always projections, as in the review's network, a network without them has no shortcuts. */
function hasProjections(shapes: Shapes): boolean {
  return [...shapes.keys()].some(isProjection);
}

function isProjection(name: string): boolean {
  return /\.(downsample|shortcut)\.0\.weight$/.test(name);
}

/**
 * Blocks of each stage, planes, cardinality and width of a bottleneck network: width = ⌊planes·baseWidth/64⌋·cardinality.
 * Where planes are no option the width of a group is the base width, doubled in every further stage.
 */
function templateOf(shapes: Shapes, defaults: ModelOptions): ModelOptions {
  // Counted, because a number in a name of a file may be any.
  const blocks = new Map<string, number>();
  for (const name of shapes.keys()) {
    const stage = /^(layer\d+)\.\d+\.(?:paths\.0\.)?conv3\.weight$/.exec(name)?.[1];
    if (stage !== undefined) blocks.set(stage, (blocks.get(stage) ?? 0) + 1);
  }
  const layers = Array.from({ length: blocks.size }, (_, stage) => blocks.get(`layer${stage + 1}`) ?? 0);
  const planes = shapes.get('conv1.weight')?.[0];
  const block = `layer${layers.length}.0.`;
  const paths = [...shapes.keys()].filter(
    (name) => name.startsWith(`${block}paths.`) && name.endsWith('.conv2.weight'),
  ).length;
  const last = shapes.get(paths === 0 ? `${block}conv2.weight` : `${block}paths.0.conv2.weight`);
  if (planes === undefined || last === undefined || layers.length === 0) return {};
  const [width, perGroup] = last;
  if (!('planes' in defaults)) {
    return { layers, cardinality: width / perGroup, baseWidth: perGroup / 2 ** (layers.length - 1) };
  }
  const [firstWidth, firstPerGroup] = shapes.get('layer1.0.conv2.weight') ?? last;
  // Groups of one channel, and more of them where it is wider: no number of groups is the same in all stages.
  const depthwise = perGroup === 1 && firstPerGroup === 1 && firstWidth !== width;
  // Rounding down loses least in the widest stage.
  const baseWidth = Math.ceil((64 * (depthwise ? width : perGroup)) / (planes * 2 ** (layers.length - 1)));
  return depthwise
    ? { layers, planes, cardinality: 1, baseWidth, depthwise }
    : { layers, planes, cardinality: paths === 0 ? width / perGroup : paths, baseWidth };
}
