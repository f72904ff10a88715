import * as Plot from '@observablehq/plot';
import { countModel } from '../../cost/count-model.ts';
import { count, short } from '../../report/format.ts';
import { html, type Html } from '../../report/html.ts';
import { chart } from '../../report/plot.ts';
import { figure } from '../charts.ts';
import { checkClaims } from '../claims.ts';
import type { Arm, Setting, Study } from '../study.ts';
import { equalCost, lower, paperImagenet, registered, smallCifar, testError, trainError } from './common.ts';

/** Table 5, the rows of networks that the registry has: top-1/top-5 errors at the side of a test picture. */
const printed = [
  { label: 'ResNet-101', name: 'resnet101', side: 224, top1: 22.0, top5: 6.0 },
  { label: 'ResNet-200', name: 'resnet200', side: 224, top1: 21.7, top5: 5.8 },
  { label: 'ResNet-200', name: 'resnet200', side: 320, top1: 20.1, top5: 4.8 },
  { label: 'Inception-v4', name: 'inception_v4', side: 299, top1: 20.0, top5: 5.0 },
  { label: 'Inception-ResNet-v2', name: 'inception_resnet_v2', side: 299, top1: 19.9, top5: 4.9 },
  { label: 'ResNeXt-101 64×4d', name: 'resnext101_64x4d', side: 224, top1: 20.4, top5: 5.3 },
  { label: 'ResNeXt-101 64×4d', name: 'resnext101_64x4d', side: 320, top1: 19.1, top5: 4.4 },
] as const;

function setting(arms: readonly Arm[], rest: Omit<Setting, 'arms' | 'check'>): Setting {
  return {
    ...rest,
    arms,
    check: (outcomes) =>
      checkClaims(outcomes, [
        lower(arms, 'resnext', 'resnet', 'ResNeXt has a lower error than ResNet'),
        lower(arms, 'resnext', 'inception', 'ResNeXt has a lower error than Inception-v4'),
        lower(arms, 'resnext', 'inception-resnet', 'ResNeXt has a lower error than Inception-ResNet-v2'),
      ]),
  };
}

function smallArms(): Arm[] {
  const resnext = { layers: [1, 1, 1, 1], planes: 16 };
  return [
    { id: 'resnet', label: 'ResNet-14 1×64d', network: { name: 'resnext', options: { ...resnext, cardinality: 1, baseWidth: 64 } } }, // prettier-ignore
    { id: 'inception', label: 'Inception-v4, narrow', network: { name: 'inception_v4', options: { layers: [1, 2, 1], widthMultiplier: 0.25, dropout: 0 } } }, // prettier-ignore
    { id: 'inception-resnet', label: 'Inception-ResNet-v2, narrow', network: { name: 'inception_resnet_v2', options: { layers: [1, 2, 1], widthMultiplier: 0.285, dropout: 0 } } }, // prettier-ignore
    { id: 'resnext', label: 'ResNeXt-14 32×4d', network: { name: 'resnext', options: { ...resnext, cardinality: 32, baseWidth: 4 } } }, // prettier-ignore
  ];
}

export const table5: Study = {
  name: 'table5',
  title: 'ResNet, Inception and ResNeXt',
  question:
    'Inception designs every branch by hand, ResNeXt repeats one. Which has the lower error, and at what cost?',
  source:
    'Paper: Table 5 and section 5.1. Review of the paper (docs/paper.md): “ResNet vs Inception Net vs ResNeXt”.',
  task: 'train',
  measures: [testError, trainError],
  charts: ['measure', 'curves'],
  published: {
    caption: 'Table 5: top-1/top-5 error on ImageNet-1K in percent, one crop (Inception-v3: 21.2/5.6 at 299)',
    head: ['', 'test picture', 'top-1', 'top-5'],
    rows: printed.map(({ label, side, top1, top5 }) => [
      label,
      `${side}×${side}`,
      top1.toFixed(1),
      top5.toFixed(1),
    ]),
  },
  sections: () => [
    {
      title: 'What the published errors cost',
      lead: 'Errors are published; parameters and multiply–accumulates are counted here, in the full-size networks at the published size of test pictures.',
      body: html`<div class="charts">${costChart()}</div>`,
    },
    {
      title: 'The same in numbers',
      body: {
        caption: 'Published errors beside costs counted here',
        head: ['', 'test picture', 'parameters', 'MACs', 'published top-1, %'],
        rows: counted().map(({ label, side, top1, params, macs }) => [
          label,
          `${side}×${side}`,
          count(params),
          short(macs),
          top1.toFixed(1),
        ]),
      },
    },
  ],
  setting: (scale) => {
    if (scale === 'small') {
      const arms = smallArms();
      return setting(arms, {
        description:
          'Narrow, shallow copies with as many multiply–accumulates, on pictures enlarged to 80×80 (Inception’s stem takes no smaller ones): ResNet and ResNeXt with a quarter of their widths and one block a stage, the Inceptions with a quarter or so of their widths and one or two blocks of each kind.',
        seeds: 3,
        costs: [equalCost(arms, 0.08)],
        training: { ...smallCifar, trainPictures: 3000, imageSize: 80 },
      });
    }
    return setting(
      [
        registered('resnet', 'resnet200', 'ResNet-200', { published: 21.7 }),
        registered('inception', 'inception_v4', 'Inception-v4'),
        registered('inception-resnet', 'inception_resnet_v2', 'Inception-ResNet-v2'),
        registered('resnext', 'resnext101_64x4d', 'ResNeXt-101 64×4d', { published: 20.4 }),
      ],
      {
        description:
          'ImageNet-1K, all with the paper’s recipe at 224×224. The Inceptions were published with recipes of their own at 299×299, so their published errors are not repeated by this.',
        seeds: 1,
        costs: [],
        training: paperImagenet,
      },
    );
  },
};

function counted() {
  return printed.map((row) => ({ ...row, ...countModel(row.name, [3, row.side, row.side]) }));
}

/** Named below their points, or their names would cross. */
const below: ReadonlySet<string> = new Set(['inception_resnet_v2']);

function costChart(): Html {
  const points = counted().map(({ label, name, side, top1, macs }) => ({
    name,
    x: macs / 1e9,
    y: top1,
    label: `${label}, ${side}²`,
  }));
  const drawn = chart(
    {
      width: 720,
      height: 360,
      marginLeft: 52,
      marginRight: 20,
      marginBottom: 42,
      x: {
        label: 'GMACs for one test picture',
        labelAnchor: 'center',
        labelArrow: 'none',
        grid: true,
        zero: true,
      },
      y: { label: null, grid: true, nice: true, tickFormat: (error: number) => `${error} %` },
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', fill: 'var(--s2)', symbol: 'square', r: 5 }),
        // Names stand beside their points, where there is room for them.
        ...(['start', 'end'] as const).flatMap((anchor) =>
          [-9, 9].map((dy) =>
            Plot.text(
              points.filter(
                ({ x, name }) => (x > 20 ? 'end' : 'start') === anchor && below.has(name) === dy > 0,
              ),
              { x: 'x', y: 'y', text: 'label', dx: anchor === 'start' ? 10 : -10, dy, textAnchor: anchor, fill: 'currentColor' }, // prettier-ignore
            ),
          ),
        ),
      ],
    },
    'Published top-1 error against counted multiply–accumulates',
  );
  return figure('Published top-1 error against counted cost', html`<span>ImageNet-1K</span>`, drawn);
}
