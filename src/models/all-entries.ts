import { cifarResNetEntries } from './cifar-entries.ts';
import type { ModelEntry } from './entry.ts';
import { KuangliuResNeXt } from './kuangliu.ts';
import { lineageEntries } from './lineage-entries.ts';
import { cifar, head, photograph, resnetPaper, resnextPaper, thumbnail, thumbnailParts } from './papers.ts';
import { relatives } from './relatives.ts';
import type { BlockType } from './block.ts';
import { BasicBlock, Bottleneck, ResNet } from './resnet.ts';
import { freeEntries, paperEntries, thumbnailLayers } from './resnext-entries.ts';
import { imagenetLayers } from './resnext.ts';
import { ReviewResNeXt } from './review.ts';

/** Every network of the registry, in the order in which it is listed. */
export const allEntries: readonly ModelEntry[] = [
  ...paperEntries,
  ...cifarResNetEntries,

  kuangliuResNet(18, BasicBlock, [2, 2, 2, 2]),
  kuangliuResNet(34, BasicBlock, [3, 4, 6, 3]),
  ...[50, 101, 152].map((depth) => kuangliuResNet(depth, Bottleneck, imagenetLayers[depth])),
  ...[2, 4, 8].map((cardinality) => kuangliuTemplate(cardinality, 64)),
  kuangliuTemplate(32, 4),

  {
    name: 'resnext50_32x4d.review',
    description:
      'ResNeXt-50 32×4d as in the review of the ResNeXt paper (docs/paper.md): strided first stage, biases, its own names',
    paper: resnextPaper,
    inputShape: photograph,
    defaults: { cardinality: 32, numClasses: 1000, ...head, zeroInitResidual: true },
    build: (options) => new ReviewResNeXt(options),
  },
  ...freeEntries,
  {
    name: 'resnext_cifar.kuangliu',
    description:
      'any ResNeXt for small pictures as kuangliu/pytorch-cifar builds it: layers, cardinality and base width are yours',
    paper: resnextPaper,
    inputShape: thumbnail,
    defaults: { layers: [3, 3, 3], cardinality: 32, baseWidth: 4, ...cifar, shortcut: 'B' },
    build: ({ layers = 29, ...options }) => new KuangliuResNeXt(thumbnailLayers(layers), options),
  },
  ...relatives,
  ...lineageEntries,
];

function kuangliuResNet(depth: number, block: BlockType, layers: readonly number[]): ModelEntry {
  return {
    name: `resnet${depth}_cifar.kuangliu`,
    description: `ResNet-${depth} for CIFAR as kuangliu/pytorch-cifar builds it: four stages, 64 to 512 planes`,
    paper: resnetPaper,
    inputShape: thumbnail,
    ...(block === Bottleneck ? { settingOf: 'resnext_cifar' } : {}),
    defaults: { planes: 64, ...cifar, shortcut: 'B', ...thumbnailParts },
    build: (options) => new ResNet(block, layers, options),
  };
}

function kuangliuTemplate(cardinality: number, baseWidth: number): ModelEntry {
  return {
    name: `resnext29_${cardinality}x${baseWidth}d_cifar.kuangliu`,
    description: `ResNeXt-29 ${cardinality}×${baseWidth}d for CIFAR as kuangliu/pytorch-cifar builds it: a 1×1 stem, blocks twice as wide as inside`,
    paper: resnextPaper,
    inputShape: thumbnail,
    settingOf: 'resnext_cifar.kuangliu',
    defaults: { ...cifar, shortcut: 'B' },
    build: (options) => new KuangliuResNeXt([3, 3, 3], { ...options, cardinality, baseWidth }),
  };
}
