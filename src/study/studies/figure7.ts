import { nearestWidth } from '../../cost/nearest-width.ts';
import { countModel } from '../../cost/count-model.ts';
import { checkClaims, type Claim } from '../claims.ts';
import type { Arm, Setting, Study } from '../study.ts';
import {
  costRule,
  paperCifar,
  small,
  smallCifar,
  testError,
  trainError,
  type SmallNetwork,
} from './common.ts';

const cardinality = 'more cardinality, d = 64';
const width = 'more width, C = 1';

/** From 1×64d on, by cardinality at d = 64 and by width at C = 1, as far as each has the same number of parameters. */
function setting(
  network: Pick<SmallNetwork, 'layers' | 'planes'>,
  multiples: readonly number[],
  rest: Pick<Setting, 'description' | 'seeds' | 'training'>,
): Setting {
  const first = small({ ...network, cardinality: 1, width: 64 });
  const parametersOf = ({ network: described }: Arm): number =>
    'build' in described ? 0 : countModel(described.name, undefined, described.options).params;
  const pairs = multiples.map((times) => {
    const many = small({ ...network, cardinality: times, width: 64 }, { series: cardinality });
    const wanted = parametersOf(many);
    const wide = (baseWidth: number): Arm =>
      small({ ...network, cardinality: 1, width: baseWidth }, { series: width });
    return { many, wide: wide(nearestWidth((d) => parametersOf(wide(Math.max(d, 64))), wanted)) };
  });
  const arms = [first, ...pairs.map(({ many }) => many), ...pairs.map(({ wide }) => wide)];
  return {
    ...rest,
    arms,
    costs: pairs.map(({ many, wide }) => costRule('parameters', 0.02, many.id, { [wide.id]: 1 })),
    check: (outcomes) => checkClaims(outcomes, claims(pairs)),
  };
}

function claims(pairs: readonly { readonly many: Arm; readonly wide: Arm }[]): Claim[] {
  const share = 1 / pairs.length;
  const together = Object.fromEntries(
    pairs.flatMap(({ many, wide }) => [
      [wide.id, share],
      [many.id, -share],
    ]),
  );
  return [
    {
      claim: `with as many parameters, more cardinality has a lower error than more width, over all ${pairs.length} sizes`,
      measure: testError.key,
      contrast: together,
      what: `points of ${testError.label}`,
    },
    ...pairs.slice(-1).map(({ many, wide }) => ({
      claim: `so it has at the largest size: ${many.label} against ${wide.label}`,
      measure: testError.key,
      contrast: { [wide.id]: 1, [many.id]: -1 },
      what: `points of ${testError.label}`,
    })),
  ];
}

export const figure7: Study = {
  name: 'figure7',
  title: 'Parameters against error: cardinality or width',
  question:
    'A network may have more parameters. Does the error fall further if they go into cardinality, or into width?',
  source:
    'Paper: Figure 7 and section 5.3. Review of the paper (docs/paper.md): “Effects of Increasing Complexity (Parameters) with Cardinality vs Width”.',
  task: 'train',
  measures: [testError, trainError],
  charts: ['parameters', 'measure'],
  published: {
    caption:
      'Table 7: error in percent, CIFAR-10/CIFAR-100. Figure 7’s own points are drawn in the paper, not printed.',
    head: ['', 'parameters', 'CIFAR-10', 'CIFAR-100'],
    rows: [
      ['Wide ResNet', '36.5 M', '4.17', '20.50'],
      ['ResNeXt-29 8×64d', '34.4 M', '3.65', '17.77'],
      ['ResNeXt-29 16×64d', '68.1 M', '3.58', '17.31'],
    ],
  },
  setting: (scale) =>
    scale === 'small'
      ? setting({ layers: [1, 1, 1], planes: 8 }, [2, 4, 8], {
          description:
            'An eighth of the paper’s widths, one bottleneck in each of three stages. The wider networks have the width at which they have as many parameters.',
          seeds: 3,
          training: smallCifar,
        })
      : setting({ layers: [3, 3, 3], planes: 64 }, [2, 4, 8, 16], {
          description:
            'CIFAR-10, ResNeXt-29. The wider networks have the width at which they have as many parameters.',
          seeds: 10,
          training: paperCifar,
        }),
};
