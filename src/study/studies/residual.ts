import { checkClaims } from '../claims.ts';
import type { Arm, Setting, Study } from '../study.ts';
import {
  equalCost,
  lower,
  paperImagenet,
  publishedContrast,
  registered,
  small,
  smallCifar,
  testError,
  trainError,
} from './common.ts';

/** Top-1 errors of 50 layers, section 5.1. */
const published = { resnet: 23.9, 'resnet-plain': 31.2, resnext: 22.2, 'resnext-plain': 26.1 } as const;
type Id = keyof typeof published;

function setting(arms: readonly Arm[], rest: Pick<Setting, 'description' | 'seeds' | 'training'>): Setting {
  const resnet: readonly Id[] = ['resnet', 'resnext'];
  const plain: readonly Id[] = ['resnet-plain', 'resnext-plain'];
  const pair = (ids: readonly Id[]) => arms.filter(({ id }) => ids.some((wanted) => wanted === id));
  const interaction = { 'resnet-plain': 1, resnet: -1, 'resnext-plain': -1, resnext: 1 };
  const known = publishedContrast(arms, interaction);
  return {
    ...rest,
    arms,
    costs: [equalCost(pair(resnet), 0.08), equalCost(pair(plain), 0.08)],
    check: (outcomes) =>
      checkClaims(outcomes, [
        lower(arms, 'resnet', 'resnet-plain', 'shortcuts lower the error of ResNet'),
        lower(arms, 'resnext', 'resnext-plain', 'shortcuts lower the error of ResNeXt'),
        lower(arms, 'resnext', 'resnet', 'with shortcuts, ResNeXt is better than ResNet'),
        lower(arms, 'resnext-plain', 'resnet-plain', 'without shortcuts, ResNeXt is better than ResNet'),
        {
          claim: 'ResNet loses more without shortcuts than ResNeXt does',
          measure: testError.key,
          contrast: interaction,
          what: `points of ${testError.label}`,
          ...(known === undefined ? {} : { published: known }),
        },
      ]),
  };
}

function smallArms(): Arm[] {
  const arm = (id: Id, label: string, cardinality: number, width: number, residual: boolean): Arm =>
    small(
      { cardinality, width, layers: [3, 3, 3], planes: 16 },
      { id, label, published: published[id] },
      residual ? {} : { residual },
    );
  return [
    arm('resnet', 'ResNet 1×64d', 1, 64, true),
    arm('resnet-plain', 'ResNet 1×64d, no shortcuts', 1, 64, false),
    arm('resnext', 'ResNeXt 32×4d', 32, 4, true),
    arm('resnext-plain', 'ResNeXt 32×4d, no shortcuts', 32, 4, false),
  ];
}

function paperArms(): Arm[] {
  const arm = (id: Id, name: string, label: string, residual: boolean): Arm =>
    registered(id, name, label, { published: published[id] }, residual ? {} : { residual });
  return [
    arm('resnet', 'resnet50', 'ResNet-50', true),
    arm('resnet-plain', 'resnet50', 'ResNet-50, no shortcuts', false),
    arm('resnext', 'resnext50_32x4d', 'ResNeXt-50', true),
    arm('resnext-plain', 'resnext50_32x4d', 'ResNeXt-50, no shortcuts', false),
  ];
}

export const residual: Study = {
  name: 'residual',
  title: 'With and without shortcuts',
  question:
    'What do shortcuts do, and what does cardinality? Are both needed, and does a network with cardinality lose less without shortcuts?',
  source:
    'Paper: section 5.1, “Residual connections”. Review of the paper (docs/paper.md): “With or Without Residual (Skip) Connections”.',
  task: 'train',
  measures: [testError, trainError],
  charts: ['measure', 'curves'],
  published: {
    caption: 'Section 5.1: top-1 error on ImageNet-1K in percent, 50 layers',
    head: ['', 'with shortcuts', 'without'],
    rows: [
      ['ResNet-50', '23.9', '31.2'],
      ['ResNeXt-50', '22.2', '26.1'],
    ],
  },
  setting: (scale) =>
    scale === 'small'
      ? setting(smallArms(), {
          description:
            'Networks of 29 layers with a quarter of the paper’s widths, at equal cost, as they are and with the option residual=false.',
          seeds: 3,
          training: { ...smallCifar, trainPictures: 4000 },
        })
      : setting(paperArms(), {
          description: 'ImageNet-1K, 224×224, 50 layers, as they are and with the option residual=false.',
          seeds: 1,
          training: paperImagenet,
        }),
};
