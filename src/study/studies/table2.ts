import * as Plot from '@observablehq/plot';
import { largest } from '../../base/extremes.ts';
import { cardinalityTradeoff } from '../../cost/tradeoff.ts';
import { count, percent } from '../../report/format.ts';
import { html, type Html } from '../../report/html.ts';
import { chart } from '../../report/plot.ts';
import { figure, lineKey, lookOf } from '../charts.ts';
import { checkFact } from '../claims.ts';
import type { Study } from '../study.ts';

/** Table 2 as printed: cardinality, width of bottleneck d, width of group convolution. */
const printed = [
  [1, 64, 64],
  [2, 40, 80],
  [4, 24, 96],
  [8, 14, 112],
  [32, 4, 128],
] as const;

/** The paper calls its budget "about 70k parameters"; Table 2's columns are to be that within so much. */
const tolerance = 0.03;

export const table2: Study = {
  name: 'table2',
  title: 'How wide may each transformation be?',
  question: 'A block has a budget. For a number of transformations, how wide may each of them be?',
  source:
    'Paper: Table 2 and section 3.4. Review of the paper (docs/paper.md): “Cardinality vs Width”, Table 2.',
  task: 'count',
  measures: [],
  charts: [],
  published: {
    caption: 'Table 2, for a block of 256 channels with about 70 k parameters',
    head: ['cardinality C', ...printed.map(([cardinality]) => String(cardinality))],
    rows: [
      ['width of bottleneck d', ...printed.map(([, width]) => String(width))],
      ['width of group convolution C·d', ...printed.map(([, , group]) => String(group))],
    ],
  },
  sections: () => {
    const columns = cardinalityTradeoff();
    return [
      {
        title: 'The trade-off, computed',
        lead: 'The width is the whole number whose cost is nearest to that of ResNet’s own block, 1×64d. The command “cardinal tradeoff” does this for any width, budget and cardinalities.',
        body: {
          caption:
            'C·(256·d + 9·d² + d·256) parameters, and what the layers of the block have when they are counted',
          head: ['cardinality C', ...columns.map(({ cardinality }) => String(cardinality))],
          rows: [
            ['width of bottleneck d', ...columns.map(({ width }) => String(width))],
            ['width of group convolution C·d', ...columns.map(({ groupWidth }) => String(groupWidth))],
            ['parameters by the formula', ...columns.map(({ parameters }) => count(parameters))],
            ['from the budget', ...columns.map(({ deviation }) => percent(deviation, 1))],
            ['counted, convolutions', ...columns.map(({ counted }) => count(counted.convolutionParameters))],
            ['counted, batch norms', ...columns.map(({ counted }) => count(counted.batchNormParameters))],
          ],
        },
      },
      {
        title: 'As a picture',
        lead: 'Lines: every cardinality from 1 to 64 at the same cost. Marks: the paper’s five columns, which lie on them.',
        body: html`<div class="charts">${tradeoffChart()}</div>`,
      },
    ];
  },
  setting: () => ({
    description: 'Nothing is trained: the table follows from a formula, and the layers are counted.',
    arms: [],
    seeds: 0,
    costs: [],
    check: () => {
      const columns = cardinalityTradeoff();
      const same = columns.every(
        ({ cardinality, width, groupWidth }, index) =>
          printed[index].join() === [cardinality, width, groupWidth].join(),
      );
      const worst = largest(columns.map(({ deviation }) => Math.abs(deviation)));
      const counted = columns.every(({ parameters, counted: { convolutionParameters } }) => parameters === convolutionParameters); // prettier-ignore
      return [
        checkFact(
          'the five columns of Table 2 follow from the budget of ResNet’s block',
          same,
          same
            ? 'all five widths and group widths are the printed ones'
            : 'some widths differ from the printed ones',
        ),
        checkFact('the columns cost about the same', worst <= tolerance, `within ${percent(worst, 1)}`),
        checkFact(
          'the formula C·(256·d + 9·d² + d·256) is what the layers have',
          counted,
          counted ? 'equal to the last parameter in all five blocks' : 'the count of the layers differs',
        ),
      ];
    },
  }),
};

function tradeoffChart(): Html {
  const cardinalities = Array.from({ length: 64 }, (_, index) => index + 1);
  const all = cardinalityTradeoff({ cardinalities });
  const series = [
    { name: 'width of each transformation d', points: all.map(({ cardinality: x, width: y }) => ({ x, y })), marks: printed.map(([x, y]) => ({ x, y })) }, // prettier-ignore
    { name: 'width of the group convolution C·d', points: all.map(({ cardinality: x, groupWidth: y }) => ({ x, y })), marks: printed.map(([x, , y]) => ({ x, y })) }, // prettier-ignore
  ];
  const drawn = chart(
    {
      width: 560,
      height: 340,
      marginLeft: 48,
      marginRight: 20,
      marginBottom: 42,
      x: { type: 'log', base: 2, label: 'cardinality C', labelAnchor: 'center', labelArrow: 'none', grid: true, ticks: [1, 2, 4, 8, 16, 32, 64], tickFormat: String }, // prettier-ignore
      y: { type: 'log', base: 2, label: null, grid: true, domain: [2, 256],
        ticks: [2, 4, 8, 16, 32, 64, 128, 256], tickFormat: String }, // prettier-ignore
      marks: series.flatMap(({ points, marks }, index) => {
        const { color, dash, symbol } = lookOf(index);
        return [
          Plot.line(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, strokeDasharray: dash }),
          Plot.dot(marks, { x: 'x', y: 'y', fill: color, symbol, r: 5.5 }),
        ];
      }),
    },
    'Width of a transformation and of the group convolution against cardinality, at equal cost',
  );
  return figure(
    'Channels at equal cost',
    html`${series.map(({ name }, index) => lineKey(name, index))}`,
    drawn,
  );
}
