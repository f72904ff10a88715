import { UsageError } from '../base/errors.ts';
import type { ModelEntry } from './entry.ts';
import {
  cifar,
  imagenet,
  photograph,
  photographParts,
  resnetPaper,
  resnextPaper,
  thumbnail,
  thumbnailParts,
} from './papers.ts';
import type { BlockType } from './block.ts';
import { BasicBlock, Bottleneck, ResNet } from './resnet.ts';
import { imagenetLayers, resnext, resnextCifar } from './resnext.ts';

const photographs = { ...imagenet, ...photographParts } as const;
const thumbnails = { ...cifar, shortcut: 'B', ...thumbnailParts } as const;

/** Where `toDepthwiseLimit` ends for the paper's 64 planes. */
const depthwiseLimit = { cardinality: 1, baseWidth: 134, depthwise: true } as const;

/** The networks of the two papers, ResNet's and ResNeXt's. */
export const paperEntries: readonly ModelEntry[] = [
  resnet(18, BasicBlock, [2, 2, 2, 2]),
  resnet(34, BasicBlock, [3, 4, 6, 3]),
  ...[50, 101, 152, 200].map((depth) => resnet(depth, Bottleneck, imagenetLayers[depth])),

  template(50, 32, 4, 'Tables 1 and 3'),
  template(50, 1, 64, 'ResNet-50 as Table 3 writes it'),
  template(50, 2, 40, 'Table 3'),
  template(50, 4, 24, 'Table 3'),
  template(50, 8, 14, 'Table 3'),
  template(101, 32, 4, 'Tables 3 and 4'),
  template(101, 1, 64, 'ResNet-101 as Table 3 writes it'),
  template(101, 2, 40, 'Table 3'),
  template(101, 4, 24, 'Table 3'),
  template(101, 8, 14, 'Table 3'),
  template(101, 1, 100, 'the wider ResNet-101 of Table 4', 'resnet101_1x100d'),
  template(101, 2, 64, 'Table 4'),
  template(101, 64, 4, 'Tables 4 and 5'),
  template(101, 32, 8, 'as torchvision publishes it'),
  template(152, 32, 4, 'a deeper one'),
  {
    name: 'resnext50_depthwise',
    description: 'ResNeXt-50 at the limit of cardinality: depthwise 3×3, 134 wide, at the cost of Table 3',
    paper: resnextPaper,
    inputShape: photograph,
    defaults: photographs,
    settingOf: 'resnext',
    build: (options) => resnext(imagenetLayers[50], { ...options, ...depthwiseLimit }),
  },

  ...[1, 2, 4, 8, 16].map((cardinality) => cifarTemplate(cardinality, 64)),
  cifarTemplate(32, 4),
];

/** ResNeXts that are built as one likes. */
export const freeEntries: readonly ModelEntry[] = [
  {
    name: 'resnext',
    description: 'any ResNeXt for photographs: layers, cardinality and base width are yours',
    paper: resnextPaper,
    inputShape: photograph,
    defaults: {
      layers: [3, 4, 6, 3],
      cardinality: 32,
      baseWidth: 4,
      depthwise: false,
      planes: 64,
      form: 'c',
      ...photographs,
    },
    build: ({ layers = 50, ...options }) => resnext(photographLayers(layers), options),
  },
  {
    name: 'resnext_cifar',
    description: 'any ResNeXt for small pictures: layers, cardinality and base width are yours',
    paper: resnextPaper,
    inputShape: thumbnail,
    defaults: {
      layers: [3, 3, 3],
      cardinality: 8,
      baseWidth: 64,
      depthwise: false,
      planes: 64,
      form: 'c',
      ...thumbnails,
    },
    build: ({ layers = 29, ...options }) => resnextCifar(thumbnailLayers(layers), options),
  },
];

function resnet(depth: number, block: BlockType, layers: readonly number[]): ModelEntry {
  return {
    name: `resnet${depth}`,
    description: `ResNet-${depth}, stride in the 3×3 convolution`,
    paper: resnetPaper,
    inputShape: photograph,
    defaults: photographs,
    ...(block === Bottleneck ? { settingOf: 'resnext' } : {}),
    build: (options) => new ResNet(block, layers, options),
  };
}

function template(
  depth: number,
  cardinality: number,
  baseWidth: number,
  where: string,
  name = `${cardinality === 1 ? 'resnet' : 'resnext'}${depth}_${cardinality}x${baseWidth}d`,
): ModelEntry {
  const title = cardinality === 1 ? 'ResNet' : 'ResNeXt';
  return {
    name,
    description: `${title}-${depth} ${cardinality}×${baseWidth}d, ${where}`,
    paper: resnextPaper,
    inputShape: photograph,
    defaults: { ...photographs, form: 'c' },
    settingOf: 'resnext',
    build: (options) => resnext(imagenetLayers[depth], { ...options, cardinality, baseWidth }),
  };
}

function cifarTemplate(cardinality: number, baseWidth: number): ModelEntry {
  return {
    name: `resnext29_${cardinality}x${baseWidth}d_cifar`,
    description: `ResNeXt-29 ${cardinality}×${baseWidth}d for CIFAR, section 5.3`,
    paper: resnextPaper,
    inputShape: thumbnail,
    defaults: { ...thumbnails, form: 'c' },
    settingOf: 'resnext_cifar',
    build: (options) => resnextCifar([3, 3, 3], { ...options, cardinality, baseWidth }),
  };
}

function photographLayers(layers: number | readonly number[]): readonly number[] {
  if (typeof layers !== 'number') return layers;
  const known = Object.keys(imagenetLayers);
  if (!known.includes(String(layers))) {
    throw new UsageError(
      `resnext: expected layers to be ${known.join(', ')} or blocks per stage such as 3,4,6,3, got ${layers}`,
    );
  }
  return imagenetLayers[layers];
}

/** 9n+2 layers: n bottlenecks of three in each of three stages, stem and classifier. */
export function thumbnailLayers(layers: number | readonly number[]): readonly number[] {
  if (typeof layers !== 'number') return layers;
  const n = (layers - 2) / 9;
  if (!Number.isInteger(n) || n < 1) {
    throw new UsageError(
      `resnext_cifar: expected layers to be 9n+2 (11, 20, 29, …) or blocks per stage such as 3,3,3, got ${layers}`,
    );
  }
  return [n, n, n];
}
