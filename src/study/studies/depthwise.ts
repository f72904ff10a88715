import * as Plot from '@observablehq/plot';
import { largest, smallest } from '../../base/extremes.ts';
import { countSeparable, separableRatio } from '../../cost/separable-cost.ts';
import { Conv2d, DepthwiseConv2d, PointwiseConv2d } from '../../nn/index.ts';
import { digits3, percent } from '../../report/format.ts';
import { html, type Html } from '../../report/html.ts';
import { chart } from '../../report/plot.ts';
import { figure, lineKey, lookOf } from '../charts.ts';
import { checkClaims, checkFact, type CheckedClaim } from '../claims.ts';
import type { Outcome } from '../outcome.ts';
import { estimate, valuesOf } from '../statistics.ts';
import type { Arm, Measure, Scale, Setting, Study } from '../study.ts';

const forward: Measure = { key: 'forward', label: 'forward pass', unit: 'ms', digits: 2 };

const kernelSize = 3;
const batch = 8;

/** Layers as MobileNetV1 has them at 224×224: as many channels out as in, N, and pictures of F×F. */
const layers = [
  { channels: 32, size: 112 },
  { channels: 64, size: 56 },
  { channels: 128, size: 28 },
  { channels: 256, size: 14 },
  { channels: 512, size: 14 },
] as const;
type Layer = (typeof layers)[number];

const kinds = ['standard', 'depthwise', 'pointwise'] as const;
type Kind = (typeof kinds)[number];

function idOf(kind: Kind, { channels }: Layer): string {
  return `${kind}-${channels}`;
}

function armOf(kind: Kind, layer: Layer): Arm {
  const { channels, size } = layer;
  const options = { padding: 1, bias: false };
  const build = {
    standard: () => new Conv2d(channels, channels, kernelSize, options),
    depthwise: () => new DepthwiseConv2d(channels, kernelSize, options),
    pointwise: () => new PointwiseConv2d(channels, channels, { bias: false }),
  } satisfies Record<Kind, unknown>;
  return {
    id: idOf(kind, layer),
    label: `${kind}, N = ${channels}, ${size}×${size}`,
    network: { build: build[kind], input: [channels, size, size] },
  };
}

/** What separating a layer leaves of its cost. */
interface Ratio {
  readonly channels: number;
  /** 1/N + 1/K². */
  readonly formula: number;
  readonly counted: number;
  /** Of the measured times; undefined before they are. */
  readonly measured: number | undefined;
}

function ratios(outcomes: readonly Outcome[]): Ratio[] {
  return layers.map((layer) => {
    const { channels, size } = layer;
    const time = (kind: Kind) => estimate(valuesOf(outcomes, idOf(kind, layer), forward.key))?.mean;
    const [standard, depthwise, pointwise] = kinds.map(time);
    return {
      channels,
      formula: separableRatio(channels, kernelSize),
      counted: countSeparable({ inChannels: channels, outChannels: channels, kernelSize, size }).ratio,
      measured:
        standard === undefined || depthwise === undefined || pointwise === undefined
          ? undefined
          : (depthwise + pointwise) / standard,
    };
  });
}

function check(outcomes: readonly Outcome[]): CheckedClaim[] {
  const worst = largest(ratios([]).map(({ formula, counted }) => Math.abs(counted / formula - 1)));
  return [
    checkFact(
      'separating a convolution leaves 1/N + 1/K² of its multiply–accumulates',
      worst < 1e-9,
      worst < 1e-9
        ? `counted in the layers, equal for all ${layers.length}`
        : `off by up to ${percent(worst, 2)}`,
    ),
    ...layers.flatMap((layer) => {
      const [standard, depthwise, pointwise] = kinds.map((kind) => idOf(kind, layer));
      // Times of other sizes spread differently and cannot be pooled with this one.
      const own = outcomes.filter(({ arm }) => [standard, depthwise, pointwise].includes(arm));
      return checkClaims(own, [
        {
          claim: `N = ${layer.channels}: the separable layer is faster than the ordinary one`,
          measure: forward.key,
          contrast: { [standard]: 1, [depthwise]: -1, [pointwise]: -1 },
          what: 'ms less',
        },
      ]);
    }),
  ];
}

/** In one sentence, how times and counts differ. */
function range(outcomes: readonly Outcome[]): string {
  const shares = ratios(outcomes).flatMap(({ measured, counted }) =>
    measured === undefined ? [] : [measured / counted],
  );
  if (shares.length === 0)
    return 'The time of a separable layer is that of its two parts one after the other.';
  return `The time of a separable layer is that of its two parts one after the other. It is ${digits3(smallest(shares))} to ${digits3(largest(shares))} times what the count promises.`;
}

function ratioTable(outcomes: readonly Outcome[]) {
  return {
    caption: 'What a depthwise separable 3×3 convolution with N channels costs of the ordinary one',
    head: ['N', '1/N + 1/K²', 'MACs, counted', 'time, measured', 'measured / counted'],
    rows: ratios(outcomes).map(({ channels, formula, counted, measured }) => [
      String(channels),
      percent(formula, 1),
      percent(counted, 1),
      measured === undefined ? '–' : percent(measured, 1),
      measured === undefined ? '–' : digits3(measured / counted),
    ]),
  };
}

function speedTable(outcomes: readonly Outcome[]) {
  return {
    caption: `Work for a number moved and speed reached, batches of ${batch}`,
    head: ['N', ...kinds.flatMap((kind) => [`${kind}: MACs per number`, `${kind}: GMAC/s`])],
    rows: layers.map((layer) => [
      String(layer.channels),
      ...kinds.flatMap((kind) => {
        const { macs, numbers } = workOf(kind, layer);
        const time = estimate(valuesOf(outcomes, idOf(kind, layer), forward.key))?.mean;
        return [digits3(macs / numbers), time === undefined ? '–' : digits3((batch * macs) / time / 1e6)];
      }),
    ]),
  };
}

/** MACs of a layer for a picture, and numbers that it must at least read and write for them. */
function workOf(kind: Kind, { channels, size }: Layer): { readonly macs: number; readonly numbers: number } {
  const pixels = size ** 2;
  const weights = {
    standard: kernelSize ** 2 * channels ** 2,
    depthwise: kernelSize ** 2 * channels,
    pointwise: channels ** 2,
  }[kind];
  return { macs: weights * pixels, numbers: 2 * channels * pixels + weights / batch };
}

function ratioChart(outcomes: readonly Outcome[]): Html {
  const found = ratios(outcomes);
  const series = [
    {
      name: 'multiply–accumulates: 1/N + 1/K²',
      points: found.map(({ channels: x, formula: y }) => ({ x, y })),
    },
    {
      name: 'measured time',
      points: found.flatMap(({ channels: x, measured: y }) => (y === undefined ? [] : [{ x, y }])),
    },
  ];
  const drawn = chart(
    {
      width: 560,
      height: 320,
      marginLeft: 52,
      marginRight: 20,
      marginBottom: 42,
      x: {
        type: 'log',
        base: 2,
        label: 'channels N',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: layers.map(({ channels }) => channels),
        tickFormat: String,
      },
      y: {
        label: null,
        grid: true,
        zero: true,
        nice: true,
        tickFormat: (share: number) => `${Math.round(100 * share)} %`,
      },
      marks: [
        Plot.ruleY([0]),
        ...series.flatMap(({ points }, index) => {
          const { color, dash, symbol } = lookOf(index);
          return [
            Plot.line(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, strokeDasharray: dash }),
            Plot.dot(points, { x: 'x', y: 'y', fill: color, symbol, r: 5 }),
          ];
        }),
      ],
    },
    'Share of the ordinary convolution’s multiply–accumulates and time that a separable one takes, by channels',
  );
  return figure(
    'What is left of the ordinary convolution',
    html`${series.map(({ name }, index) => lineKey(name, index))}`,
    drawn,
  );
}

function setting(scale: Scale): Setting {
  return {
    description:
      'Five layers of MobileNetV1’s shapes, each as an ordinary 3×3 convolution and as depthwise and pointwise, forward passes of batches of 8. There is nothing to make larger: both scales are the same' +
      (scale === 'paper' ? ', with more repetitions.' : '.'),
    arms: layers.flatMap((layer) => kinds.map((kind) => armOf(kind, layer))),
    seeds: scale === 'paper' ? 10 : 5,
    costs: [],
    timing: { batch, input: [1, 1, 1], rounds: 15, step: false },
    check,
  };
}

export const depthwise: Study = {
  name: 'depthwise',
  title: 'Depthwise separable convolution: counted and measured',
  question:
    'Separating space from channels leaves 1/N + 1/K² of the multiply–accumulates. How much of the time is left?',
  source:
    'Howard et al. 2017, “MobileNets”, section 3.1. Review of the paper (docs/paper.md): “Depthwise Separable Convolution”: the limit of cardinality.',
  task: 'time',
  measures: [forward],
  charts: [],
  sections: (_, outcomes) => [
    {
      title: 'Ratios',
      lead: range(outcomes),
      body: html`<div class="charts">${ratioChart(outcomes)}</div>`,
    },
    { title: 'In numbers', body: ratioTable(outcomes) },
    {
      title: 'Why they differ',
      lead: 'A processor multiplies faster than it reads. The depthwise part does nine multiply–accumulates for each number that it reads and each that it writes, so memory bounds it, and it reaches a fraction of the speed of the other two, which do tens or hundreds. That makes the measured share larger than the counted one. Where it is smaller all the same, the ordinary convolution is what falls behind the pointwise part, which a native library does where there is one. The ordinary one goes by Winograd’s algorithm, which does 2.25 times fewer multiplications than are counted here.',
      body: speedTable(outcomes),
    },
  ],
  setting,
};
