import { checkClaims, type Claim } from '../claims.ts';
import type { Contrast } from '../statistics.ts';
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

/** [C, d] of Table 2, and the top-1 errors of Table 3 for 50 and 101 layers. */
const templates = [
  { cardinality: 1, width: 64, 50: 23.9, 101: 22.0 },
  { cardinality: 2, width: 40, 50: 23.0, 101: 21.7 },
  { cardinality: 4, width: 24, 50: 22.6, 101: 21.4 },
  { cardinality: 8, width: 14, 50: 22.3, 101: 21.3 },
  { cardinality: 32, width: 4, 50: 22.2, 101: 21.2 },
] as const;

const smallSetting = (): Setting => {
  const arms = templates.map(({ cardinality, width, 50: published }) =>
    small({ cardinality, width, layers: [1, 1, 1], planes: 16 }, { published }),
  );
  return {
    description:
      'ResNeXt-11 with a quarter of the paper’s widths: one bottleneck in each of three stages, inner widths from 1×16 to 32×1 in the first. The templates are the paper’s own, so their costs agree as the paper’s do.',
    arms,
    seeds: 3,
    costs: [equalCost(arms, 0.08)],
    training: smallCifar,
    check: (outcomes) => checkClaims(outcomes, claims(arms, '')),
  };
};

const paperSetting = (): Setting => {
  const depths = [50, 101] as const;
  const arms = depths.map((depth) =>
    templates.map(({ cardinality, width, [depth]: published }) => {
      const label = `${cardinality}×${width}d`;
      const name = `${cardinality === 1 ? 'resnet' : 'resnext'}${depth}_${cardinality}x${width}d`;
      return registered(name, name, `${depth} layers, ${label}`, { published, series: `${depth} layers` });
    }),
  );
  return {
    description: 'ImageNet-1K, 224×224, ResNet and ResNeXt of 50 and of 101 layers.',
    arms: arms.flat(),
    seeds: 1,
    costs: arms.map((ofDepth) => equalCost(ofDepth, 0.05)),
    training: paperImagenet,
    check: (outcomes) =>
      arms.flatMap((ofDepth, index) => checkClaims(outcomes, claims(ofDepth, `${depths[index]} layers: `))),
  };
};

/** Section 5.1: the error keeps falling as the cardinality rises from 1 to 32 at the same cost. */
function claims(arms: readonly Arm[], prefix: string): Claim[] {
  const [first] = arms;
  const last = arms[arms.length - 1];
  const trend = perDoubling(arms);
  const published = publishedContrast(arms, trend);
  return [
    lower(arms, last.id, first.id, `${prefix}at equal cost, cardinality 32 is better than cardinality 1`),
    {
      claim: `${prefix}the error falls as cardinality rises, over all ${arms.length} networks`,
      measure: testError.key,
      contrast: trend,
      what: 'points for each doubling of the cardinality',
      ...(published === undefined ? {} : { published }),
    },
  ];
}

/** The slope of a straight line through error against log₂ C, as a contrast; positive where the error falls. */
function perDoubling(arms: readonly Arm[]): Contrast {
  const logs = templates.map(({ cardinality }) => Math.log2(cardinality));
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  const squares = logs.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return Object.fromEntries(arms.map(({ id }, index) => [id, -(logs[index] - mean) / squares]));
}

export const table3: Study = {
  name: 'table3',
  title: 'Cardinality against width at equal cost',
  question:
    'A block may be wide, or have many narrow transformations at the same cost. Does the error fall as cardinality rises and width shrinks?',
  source:
    'Paper: Table 3 and section 5.1. Review of the paper (docs/paper.md): “Cardinality vs Width”, Table 3.',
  task: 'train',
  measures: [testError, trainError],
  charts: ['measure', 'curves'],
  published: {
    caption: 'Table 3: top-1 error on ImageNet-1K in percent, one 224×224 crop',
    head: ['', ...templates.map(({ cardinality, width }) => `${cardinality}×${width}d`)],
    rows: ([50, 101] as const).map((depth) => [
      `${depth} layers`,
      ...templates.map((template) => template[depth].toFixed(1)),
    ]),
  },
  setting: (scale) => (scale === 'small' ? smallSetting() : paperSetting()),
};
