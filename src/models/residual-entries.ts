import { CardinalError } from '../base/errors.ts';
import { cspLayers, CspNet, cspresnet50, cspresnext50, type CspShape } from './csp.ts';
import type { ModelEntry } from './entry.ts';
import type { ModelOptions } from './options.ts';
import { imagenet, photograph, photographParts, resnetPaper } from './papers.ts';
import { BasicBlock, Bottleneck, ResNet } from './resnet.ts';
import { ResNetV2 } from './resnetv2.ts';
import { ResNeXtTs } from './resnext-ts.ts';
import { half } from './pretrained/row.ts';
import { cspPaper, ideasOf, paperOf, preActivationPaper } from './residual-papers.ts';
import { SENet } from './senet.ts';
import { stageBlocks } from './stage-blocks.ts';

/**
 * The residual networks after ResNet and ResNeXt, under timm's names, which say what they have:
 *
 * - before: `se`, `sk`, `eca`, `gc` and `bat` are kinds of attention, `csp` cross-stage partial, `wide_` twice the inner width;
 * - behind `resnet` or `resnext`: `blur` and `aa` antialiasing, `v2` pre-activation, and the depth;
 * - behind the depth: `c` a deep stem, `d` that and averaged projections, `t` a tiered stem and those, `s` a deep stem twice as wide,
 *   `ts` a tiered stem and SiLU;
 * - at the end: 32×4d, the cardinality and the width of a group.
 */

/** What letters stand for. */
const c = { stem: 'deep' } as const;
const d = { ...c, avgDown: true } as const;
const t = { stem: 'deep_tiered', avgDown: true } as const;
const s = { ...c, stemMultiplier: 2 } as const;
const se = { attention: 'se' } as const;
const eca = { attention: 'eca' } as const;
// The one kind whose blocks do not begin as the identity in timm.
const sk = { attention: 'sk', zeroInitResidual: false } as const;
const gc = { attention: 'gc', reduction: 8 } as const;
const bat = { attention: 'bat', reduction: 4 } as const;
const blur = { antialias: 'blur' } as const;
const aa = { antialias: 'avg' } as const;
const x32x4d = { cardinality: 32, baseWidth: 4 } as const;
const x64x4d = { cardinality: 64, baseWidth: 4 } as const;
const x32x8d = { cardinality: 32, baseWidth: 8 } as const;

/** Blocks of the stages, by depth. */
const layersOf: Readonly<Record<number, readonly number[]>> = {
  18: [2, 2, 2, 2],
  26: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
  201: [3, 24, 36, 4],
};

/** `size` is the side of the pictures that it was trained for, 224 unless it says so. */
type Row = readonly [name: string, depth: number, parts: ModelOptions, size?: number];

const resnets: readonly Row[] = [
  ['wide_resnet50_2', 50, { baseWidth: 128 }],
  ['wide_resnet101_2', 101, { baseWidth: 128 }],
  ['resnext101_32x16d', 101, { cardinality: 32, baseWidth: 16 }],
  ['resnext101_32x32d', 101, { cardinality: 32, baseWidth: 32 }],

  ['resnet26', 26, {}],
  ['resnet50c', 50, c],
  ['resnet101c', 101, c],
  ['resnet152c', 152, c],
  ['resnet18d', 18, d],
  ['resnet26d', 26, d],
  ['resnet34d', 34, d],
  ['resnet50d', 50, d],
  ['resnet101d', 101, d, 256],
  ['resnet152d', 152, d, 256],
  ['resnet200d', 200, d, 256],
  ['resnet26t', 26, t, 256],
  ['resnet50t', 50, t],
  ['resnet50s', 50, s],
  ['resnet101s', 101, s],
  ['resnet152s', 152, s],
  ['resnext50d_32x4d', 50, { ...x32x4d, ...d }],

  ['seresnet18', 18, se],
  ['seresnet34', 34, se],
  ['seresnet50', 50, se],
  ['seresnet50t', 50, { ...t, ...se }],
  ['seresnet101', 101, se],
  ['seresnet152', 152, se],
  ['seresnet152d', 152, { ...d, ...se }, 256],
  ['seresnet200d', 200, { ...d, ...se }, 256],
  ['seresnext26d_32x4d', 26, { ...x32x4d, ...d, ...se }],
  ['seresnext26t_32x4d', 26, { ...x32x4d, ...t, ...se }],
  ['seresnext50_32x4d', 50, { ...x32x4d, ...se }],
  ['seresnext101_32x4d', 101, { ...x32x4d, ...se }],
  ['seresnext101_64x4d', 101, { ...x64x4d, ...se }],
  ['seresnext101_32x8d', 101, { ...x32x8d, ...se }],
  ['seresnext101d_32x8d', 101, { ...x32x8d, ...d, ...se }],

  ['resnetblur18', 18, blur],
  ['resnetblur50', 50, blur],
  ['resnetblur50d', 50, { ...d, ...blur }],
  ['resnetblur101d', 101, { ...d, ...blur }],
  ['resnetaa34d', 34, { ...d, ...aa }],
  ['resnetaa50', 50, aa],
  ['resnetaa50d', 50, { ...d, ...aa }],
  ['resnetaa101d', 101, { ...d, ...aa }],
  ['seresnetaa50d', 50, { ...d, ...aa, ...se }],
  ['seresnextaa101d_32x8d', 101, { ...x32x8d, ...d, ...aa, ...se }, 288],
  ['seresnextaa201d_32x8d', 201, { ...x32x8d, ...d, stemMultiplier: 2, ...aa, ...se }, 384],

  ['skresnet18', 18, { ...sk, reduction: 8 }],
  ['skresnet34', 34, { ...sk, reduction: 8 }],
  ['skresnet50', 50, sk],
  ['skresnet50d', 50, { ...d, ...sk }],
  ['skresnext50_32x4d', 50, { ...x32x4d, ...sk }],

  ['ecaresnet26t', 26, { ...t, ...eca }, 256],
  ['ecaresnet50d', 50, { ...d, ...eca }],
  ['ecaresnet50t', 50, { ...t, ...eca }, 256],
  ['ecaresnet101d', 101, { ...d, ...eca }],
  ['ecaresnext26t_32x4d', 26, { ...x32x4d, ...t, ...eca }],
];

/** timm's to try attention on: see `resnext-ts.ts`. */
const tiered: readonly Row[] = [
  ['resnext26ts', 26, {}],
  ['seresnext26ts', 26, se],
  ['eca_resnext26ts', 26, eca],
  ['bat_resnext26ts', 26, bat],
  ['gcresnext26ts', 26, gc],
  ['gcresnext50ts', 50, gc],
];

const preActivated: readonly Row[] = [
  ['resnetv2_50', 50, {}],
  ['resnetv2_50d', 50, d],
  ['resnetv2_50t', 50, t],
  ['resnetv2_101', 101, {}],
  ['resnetv2_101d', 101, d],
  ['resnetv2_152', 152, {}],
  ['resnetv2_152d', 152, d],
];

/** Kept by timm for their weights: see `senet.ts`. */
const legacy: readonly Row[] = [
  ['legacy_seresnext26_32x4d', 26, { ...x32x4d, ...se }],
  ['legacy_seresnext50_32x4d', 50, { ...x32x4d, ...se }],
  ['legacy_seresnext101_32x4d', 101, { ...x32x4d, ...se }],
];

/** Blocks begin as the identity, as timm's do. */
const begin = { zeroInitResidual: true } as const;
/** What all networks have whose class is not `ResNet`. */
const others = { numClasses: 1000, inChannels: 3, dropout: 0, dropPath: 0, ...begin } as const;

/** What a network of pre-activation lets its user choose. */
const preActivation = {
  ...{ planes: 64, cardinality: 1, ...others, residual: true, zeroInitResidual: false },
  ...({ stem: 'imagenet', stemMultiplier: 1, avgDown: false, attention: 'none' } as const),
  ...({ reduction: 16, activation: 'relu' } as const),
};

export const residualEntries: readonly ModelEntry[] = [
  {
    name: 'resnet',
    description: 'any ResNet for photographs: its block, layers and parts are yours',
    paper: resnetPaper,
    inputShape: photograph,
    defaults: { layers: [2, 2, 2, 2], block: 'basic', planes: 64, ...imagenet, ...photographParts },
    build: ({ layers = 18, block = 'basic', ...options }) =>
      new ResNet(block === 'basic' ? BasicBlock : Bottleneck, blocksOf(layers, block), options),
  },
  ...resnets.map(resnetEntry),
  ...legacy.map(legacyEntry),
  ...tiered.map(tieredEntry),
  cspEntry('cspresnet50', 'ResNet-50', cspresnet50),
  cspEntry('cspresnext50', 'ResNeXt-50 32×4d', cspresnext50),
  ...preActivated.map(preActivatedEntry),
  {
    name: 'resnetv2',
    description: 'any ResNet of pre-activation: its layers and parts are yours',
    paper: preActivationPaper,
    inputShape: photograph,
    defaults: { layers: [3, 4, 6, 3], ...preActivation },
    build: ({ layers = 50, ...options }) => new ResNetV2(blocksOf(layers, 'bottleneck'), options),
  },
];

function blocksOf(layers: number | readonly number[], block: 'basic' | 'bottleneck'): readonly number[] {
  if (typeof layers !== 'number') return layers;
  if (!Object.hasOwn(layersOf, layers)) {
    throw new CardinalError(
      `expected layers to be ${Object.keys(layersOf).join(', ')} or blocks per stage such as 3,4,6,3, got ${layers}`,
    );
  }
  const usual = isBasic(layers) ? 'basic' : 'bottleneck';
  if (block === usual) return layersOf[layers];
  throw new CardinalError(
    `ResNet-${layers} has the block ${usual}, got ${block}: set block to it, or layers to ${layersOf[layers].join()}`,
  );
}

function isBasic(depth: number): boolean {
  return depth === 18 || depth === 34;
}

function resnetEntry([name, depth, options, size = 224]: Row): ModelEntry {
  const { cardinality = 1, baseWidth = 64, ...parts } = options;
  const block = isBasic(depth) ? BasicBlock : Bottleneck;
  const template = { groups: cardinality, widthPerGroup: baseWidth };
  const all = { ...parts, cardinality, baseWidth };
  return {
    name,
    description: described(
      cardinality > 1 ? `ResNeXt-${depth} ${cardinality}×${baseWidth}d` : `ResNet-${depth}`,
      all,
    ),
    paper: paperOf(all),
    inputShape: [3, size, size],
    ...(block === Bottleneck ? { settingOf: 'resnext' } : {}),
    defaults: { ...imagenet, ...photographParts, ...begin, ...parts },
    build: (options) => new ResNet(block, layersOf[depth], { ...options, ...template }),
  };
}

function legacyEntry([name, depth, parts]: Row): ModelEntry {
  const { cardinality = 1, baseWidth = 64 } = parts;
  return {
    name,
    description: `${described(`ResNeXt-${depth} ${cardinality}×${baseWidth}d`, parts)}, as it came from Caffe`,
    paper: paperOf(parts),
    inputShape: photograph,
    defaults: {
      ...{ planes: 64, ...others, zeroInitResidual: false, residual: true, shortcut: 'B' },
      ...{ avgDown: false, reduction: 16, antialias: 'none', activation: 'relu' },
    },
    settingOf: 'resnext',
    build: (options) => new SENet(layersOf[depth], { ...options, cardinality, baseWidth }),
  };
}

function tieredEntry([name, depth, parts]: Row): ModelEntry {
  const all = { activation: 'silu', stem: 'deep_tiered', ...parts } as const;
  return {
    name,
    description: described(`ResNeXt-${depth}, groups of 32`, all),
    paper: paperOf(all),
    inputShape: [3, 256, 256],
    defaults: {
      ...{ layers: layersOf[depth], planes: 64, ...others, residual: true },
      ...{ attention: 'none', reduction: 16, activation: 'silu', ...parts },
    },
    build: ({ layers = depth, ...options }) => new ResNeXtTs(blocksOf(layers, 'bottleneck'), options),
  };
}

function cspEntry(name: string, title: string, shape: CspShape): ModelEntry {
  return {
    name,
    description: `${title}, of whose channels half go through the blocks of a stage`,
    paper: cspPaper,
    inputShape: [3, 256, 256],
    defaults: {
      ...{ layers: cspLayers, widthMultiplier: 1, ...others, residual: true },
      ...{ attention: 'none', reduction: 16, activation: 'leaky_relu' },
    },
    build: ({ layers = cspLayers, ...options }) =>
      new CspNet(shape, { ...options, layers: stageBlocks(name, layers, cspLayers) }),
  };
}

function preActivatedEntry([name, depth, parts]: Row): ModelEntry {
  return {
    name,
    description: described(`ResNet-${depth}`, parts, 'pre-activation'),
    paper: preActivationPaper,
    inputShape: photograph,
    pictures: { cropShare: 0.95, interpolation: 'bicubic', ...half },
    defaults: { ...preActivation, ...parts },
    build: (options) => new ResNetV2(layersOf[depth], options),
  };
}

/** A network in words: what it grew on, and the ideas that joined. */
function described(title: string, options: ModelOptions, ...before: readonly string[]): string {
  return [title, ...before, ...ideasOf(options).map(({ words }) => words)].join(', ');
}
