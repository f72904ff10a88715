import { checkClaims } from '../claims.ts';
import type { Arm, Setting, Study } from '../study.ts';
import {
  equalCost,
  lower,
  paperImagenet,
  registered,
  small,
  smallCifar,
  testError,
  trainError,
} from './common.ts';

function setting(
  pairs: readonly (readonly [prefix: string, resnet: Arm, resnext: Arm])[],
  rest: Pick<Setting, 'description' | 'seeds' | 'training'>,
): Setting {
  return {
    ...rest,
    arms: pairs.flatMap(([, resnet, resnext]) => [resnet, resnext]),
    costs: pairs.map(([, ...pair]) => equalCost(pair, 0.08)),
    check: (outcomes) =>
      checkClaims(
        outcomes,
        pairs.flatMap(([prefix, resnet, resnext]) => [
          lower(
            [resnet, resnext],
            resnext.id,
            resnet.id,
            `${prefix}ResNeXt ends with the lower training error: its representations are stronger, it is not merely regularised`,
            trainError,
          ),
          lower([resnet, resnext], resnext.id, resnet.id, `${prefix}ResNeXt ends with the lower test error`),
        ]),
      ),
  };
}

function smallSetting(): Setting {
  const network = { layers: [2, 2, 2], planes: 16 };
  return setting(
    [
      [
        '',
        small(
          { ...network, cardinality: 1, width: 64 },
          { id: 'resnet', label: 'ResNet 1×64d', published: 23.9 },
        ),
        small(
          { ...network, cardinality: 32, width: 4 },
          { id: 'resnext', label: 'ResNeXt 32×4d', published: 22.2 },
        ),
      ],
    ],
    {
      description: 'Networks of 20 layers with a quarter of the paper’s widths, at equal cost.',
      seeds: 3,
      training: smallCifar,
    },
  );
}

function paperSetting(): Setting {
  const pair = (depth: 50 | 101, resnet: number, resnext: number) =>
    [
      `${depth} layers: `,
      registered(`resnet${depth}`, `resnet${depth}`, `ResNet-${depth} 1×64d`, { published: resnet }),
      registered(`resnext${depth}`, `resnext${depth}_32x4d`, `ResNeXt-${depth} 32×4d`, {
        published: resnext,
      }),
    ] as const;
  return setting([pair(50, 23.9, 22.2), pair(101, 22.0, 21.2)], {
    description: 'ImageNet-1K, 224×224, ResNet and ResNeXt of 50 and of 101 layers.',
    seeds: 1,
    training: paperImagenet,
  });
}

export const figure5: Study = {
  name: 'figure5',
  title: 'Training curves of ResNet and ResNeXt',
  question:
    'At equal cost, does ResNeXt reach a lower training error as well as a lower test error? Then it represents more; a lower test error alone could be regularisation.',
  source:
    'Paper: Figure 5 and section 5.1. Review of the paper (docs/paper.md): “Comparison of train and validation accuracy between ResNet and ResNeXt”.',
  task: 'train',
  measures: [testError, trainError],
  charts: ['curves', 'measure'],
  published: {
    caption: 'The ends of Figure 5’s validation curves, as Table 3 prints them: top-1 error in percent',
    head: ['', 'ResNet 1×64d', 'ResNeXt 32×4d'],
    rows: [
      ['50 layers', '23.9', '22.2'],
      ['101 layers', '22.0', '21.2'],
    ],
  },
  setting: (scale) => (scale === 'small' ? smallSetting() : paperSetting()),
};
