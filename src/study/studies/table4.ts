import { checkClaims } from '../claims.ts';
import type { Arm, Setting, Study } from '../study.ts';
import {
  costRule,
  lower,
  paperImagenet,
  registered,
  small,
  smallCifar,
  testError,
  trainError,
} from './common.ts';

/** The networks of Table 4 by what they stand for, with its top-1 errors at 224×224. */
const published = {
  base: 22.0,
  cardinality: 21.2,
  deeper: 21.7,
  wider: 21.3,
  twice: 20.7,
  many: 20.4,
} as const;

const base = [1, 1, 1] as const;

function smallArms(): Arm[] {
  const network = { layers: base, planes: 16 };
  const ofBase = (cardinality: number, width: number, id: keyof typeof published, label: string): Arm =>
    small({ ...network, cardinality, width }, { id, label, published: published[id] });
  return [
    ofBase(1, 64, 'base', '1×64d (1×)'),
    ofBase(32, 4, 'cardinality', '32×4d (1×)'),
    small(
      { cardinality: 1, width: 64, layers: [2, 2, 3], planes: 16 },
      { id: 'deeper', label: 'deeper, 1×64d (2×)', published: published.deeper },
    ),
    ofBase(1, 108, 'wider', 'wider, 1×108d (2×)'),
    ofBase(2, 68, 'twice', '2×68d (2×)'),
    ofBase(64, 4, 'many', '64×4d (2×)'),
  ];
}

function paperArms(): Arm[] {
  return [
    registered('base', 'resnet101', 'ResNet-101 (1×)', { published: published.base }),
    registered('cardinality', 'resnext101_32x4d', 'ResNeXt-101 32×4d (1×)', {
      published: published.cardinality,
    }),
    registered('deeper', 'resnet200', 'deeper: ResNet-200 (2×)', { published: published.deeper }),
    registered('wider', 'resnet101_1x100d', 'wider: ResNet-101 1×100d (2×)', { published: published.wider }),
    registered('twice', 'resnext101_2x64d', 'ResNeXt-101 2×64d (2×)', { published: published.twice }),
    registered('many', 'resnext101_64x4d', 'ResNeXt-101 64×4d (2×)', { published: published.many }),
  ];
}

function setting(arms: readonly Arm[], rest: Pick<Setting, 'description' | 'seeds' | 'training'>): Setting {
  return {
    ...rest,
    arms,
    costs: [
      costRule('macs', 0.1, 'base', { base: 1, cardinality: 1, deeper: 2, wider: 2, twice: 2, many: 2 }),
    ],
    check: (outcomes) =>
      checkClaims(outcomes, [
        lower(arms, 'many', 'deeper', 'at twice the cost, cardinality 64 is better than going deeper'),
        lower(arms, 'many', 'wider', 'at twice the cost, cardinality 64 is better than going wider'),
        lower(arms, 'twice', 'wider', 'at twice the cost, cardinality 2 is better than going wider'),
        lower(arms, 'cardinality', 'deeper', 'ResNeXt at 1× is better than the deeper ResNet at 2×'),
        lower(arms, 'cardinality', 'wider', 'ResNeXt at 1× is better than the wider ResNet at 2×'),
      ]),
  };
}

export const table4: Study = {
  name: 'table4',
  title: 'Deeper, wider, or more cardinality at twice the cost',
  question:
    'A network may cost twice as much. What helps most: more layers, wider layers, or more cardinality?',
  source:
    'Paper: Table 4 and section 5.1. Review of the paper (docs/paper.md): “Cardinality vs Depth/Width with Increased Complexity”, Table 4.',
  task: 'train',
  measures: [testError, trainError],
  charts: ['measure', 'curves'],
  published: {
    caption: 'Table 4: top-1/top-5 error on ImageNet-1K in percent, one 224×224 crop',
    head: ['', 'cost', 'top-1', 'top-5'],
    rows: [
      ['ResNet-101', '1×', '22.0', '6.0'],
      ['ResNeXt-101 32×4d', '1×', '21.2', '5.6'],
      ['deeper: ResNet-200', '2×', '21.7', '5.8'],
      ['wider: ResNet-101 1×100d', '2×', '21.3', '5.7'],
      ['ResNeXt-101 2×64d', '2×', '20.7', '5.5'],
      ['ResNeXt-101 64×4d', '2×', '20.4', '5.3'],
    ],
  },
  setting: (scale) =>
    scale === 'small'
      ? setting(smallArms(), {
          description:
            'A quarter of the paper’s widths, one bottleneck in each of three stages; twice the cost is seven bottlenecks, or widths or cardinalities as in the paper, a little larger where whole numbers ask for it.',
          seeds: 3,
          training: smallCifar,
        })
      : setting(paperArms(), {
          description: 'ImageNet-1K, 224×224, networks of 101 layers (200 for the deeper one).',
          seeds: 1,
          training: paperImagenet,
        }),
};
