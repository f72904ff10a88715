import type { Form, ModelOptions } from './options.ts';
import { inferBlocks, inferParts, innerConvolution, planesOf, type Shapes } from './infer-parts.ts';
import { modelInfo } from './registry.ts';

export type { Shapes } from './infer-parts.ts';

/** What the networks of this folder call their classifier. */
export const classifierNames: readonly string[] = [
  'fc',
  'linear',
  'classifier',
  'last_linear',
  'classif',
  'head.fc',
];

/** The weights of their first convolution and of their classifier. */
const stems = [
  'conv1',
  'conv1.0',
  'conv_stem',
  'features.0.conv',
  'conv2d_1a.conv',
  'layer0.conv1',
  'stem.conv1.conv',
  'stem.conv1',
  'stem.0.conv',
  'stem.conv',
  'stem.0',
].map(weight);
const heads = classifierNames.map(weight);

/** Whether there is a first convolution and a classifier, as every network of this folder has them: cheap to ask before any is built. */
export function mayBeNetwork(shapes: Shapes): boolean {
  return [stems, heads].every((names) => names.some((name) => shapes.has(name)));
}

/**
 * The options of a named network, inferred from the shapes of its weights: classes, channels, kind of shortcut, form
 * of ResNeXt's blocks, and for the free networks (`resnext`, `resnext_cifar`) layers, planes, cardinality and width
 * too. What cannot be inferred is left to the network's defaults, and whether the result fits is for the caller to see:
 * weights may be of another network altogether.
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
    // Where shortcuts are always projections, as in `resnext50_32x4d.review`, a network without them has no shortcuts.
    // Stages of cross-stage partial networks never project.
    ...('residual' in defaults && !('shortcut' in defaults) && !shapes.has('stages.0.conv_exp.conv.weight')
      ? { residual: factsOf(shapes).projections > 0 }
      : {}),
    ...inferParts(shapes, defaults),
    ...('form' in defaults ? { form: factsOf(shapes).form } : {}),
    ...('cardinality' in defaults && 'layers' in defaults ? templateOf(shapes, defaults) : {}),
    ...inferBlocks(shapes, factsOf(shapes).blocks, defaults),
  };
  // `undefined` values would hide defaults, and what equals a default need not be given.
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
 * What all networks are inferred from, in one walk: a file may have a hundred thousand names, and the registry has
 * dozens of networks.
 */
interface Facts {
  /** First convolutions of the blocks, whatever their form. */
  readonly blocks: readonly string[];
  readonly projections: number;
  readonly form: Form;
  /** Bottleneck blocks of each stage. Counted, because a number in a name of a file may be any. */
  readonly stages: ReadonlyMap<string, number>;
}

const known = new WeakMap<Shapes, Facts>();

function factsOf(shapes: Shapes): Facts {
  const before = known.get(shapes);
  if (before !== undefined) return before;
  const blocks: string[] = [];
  const stages = new Map<string, number>();
  let projections = 0;
  let form: Form = 'c';
  for (const name of shapes.keys()) {
    if (!name.endsWith('.weight')) continue;
    // Averages may come before a projection, which is 1 then; elsewhere 1 is its batch norm.
    if (/\.(downsample|shortcut)\.(?:[01]|conv)\.weight$/.test(name) && shapes.get(name)?.length === 4)
      projections++;
    if (/^layer\d+\.\d+\.(paths\.0\.)?conv1\.((paths\.0\.)?conv\.)?weight$/.test(name)) blocks.push(name);
    const stage = /^(layer\d+)\.\d+\.(?:paths\.0\.)?conv3\.(?:conv\.)?weight$/.exec(name)?.[1];
    if (stage !== undefined) stages.set(stage, (stages.get(stage) ?? 0) + 1);
    // Paths of their own mean (a) or (b), and only in (a) each ends with a third convolution.
    if (name.endsWith('.paths.0.conv3.weight')) form = 'a';
    else if (form === 'c' && name.endsWith('.paths.0.conv2.weight')) form = 'b';
  }
  const facts = { blocks, projections, form, stages };
  known.set(shapes, facts);
  return facts;
}

/**
 * Projections have weights: on every block (C) or on some (B). Shortcuts A and none have none, so weights do not
 * distinguish them: A, unless the network has none by default. If there are none, give `residual: false`.
 */
function shortcutOf(shapes: Shapes, usual: ModelOptions['shortcut']): ModelOptions['shortcut'] {
  const { blocks, projections } = factsOf(shapes);
  if (projections === 0) return usual === 'none' ? 'none' : 'A';
  if (projections < blocks.length) return 'B';
  // Where every stage is one block, B may project everywhere as well.
  return usual === 'B' && blocks.every((name) => /^layer\d+\.0\./.test(name)) ? 'B' : 'C';
}

/**
 * Blocks of each stage, planes, cardinality and width of a bottleneck network: width = ⌊planes·baseWidth/64⌋·cardinality.
 * Where planes are no option the width of a group is the base width, doubled in every further stage.
 */
function templateOf(shapes: Shapes, defaults: ModelOptions): ModelOptions {
  const { stages, form } = factsOf(shapes);
  const layers = Array.from({ length: stages.size }, (_, stage) => stages.get(`layer${stage + 1}`) ?? 0);
  const planes = planesOf(shapes);
  const block = `layer${layers.length}.0.`;
  const paths =
    form === 'c'
      ? 0
      : [...shapes.keys()].filter(
          (name) => name.startsWith(`${block}paths.`) && name.endsWith('.conv2.weight'),
        ).length;
  // Paths are modules of their own, of which weights that tell them have each.
  if (form !== 'c' && paths === 0) return {};
  const last = paths === 0 ? innerConvolution(shapes, block) : shapes.get(`${block}paths.0.conv2.weight`);
  if (planes === undefined || last === undefined || layers.length === 0) return {};
  const [width, perGroup] = last;
  if (!('planes' in defaults)) {
    return { layers, cardinality: width / perGroup, baseWidth: perGroup / 2 ** (layers.length - 1) };
  }
  const [firstWidth, firstPerGroup] = innerConvolution(shapes, 'layer1.0.') ?? last;
  // Groups of one channel, and more of them where it is wider: no number of groups is the same in all stages.
  const depthwise = perGroup === 1 && firstPerGroup === 1 && firstWidth !== width;
  // Rounding down loses least in the widest stage.
  const baseWidth = Math.ceil((64 * (depthwise ? width : perGroup)) / (planes * 2 ** (layers.length - 1)));
  return depthwise
    ? { layers, planes, cardinality: 1, baseWidth, depthwise }
    : { layers, planes, cardinality: paths === 0 ? width / perGroup : paths, baseWidth };
}
