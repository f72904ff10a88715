import { describe, expect, it } from 'vitest';
import { plainTarget } from '../../src/backends/cpu.ts';
import { cardinalityTradeoff } from '../../src/cost/tradeoff.ts';
import { costTree } from '../../src/cost/cost-tree.ts';
import { createModel, modelInfo } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { planTimeline } from '../../src/plan/timeline.ts';
import { curveOf } from '../../studio/src/network/block/curve.ts';
import { figureOf, weightsOf, widthAt } from '../../studio/src/network/block/figure.ts';
import { stageBlock } from '../../studio/src/network/block/stage-block.ts';
import { outline } from '../../studio/src/network/outline.ts';
import { barsOf, spansOf } from '../../studio/src/network/program/chart.ts';
import type { Shown } from '../../studio/src/network/work/service.ts';

const block = (cardinality: number, width: number) => ({
  cardinality,
  width,
  inputWidth: 256,
  pictureSize: 56,
});

describe('the figure of a block', () => {
  it.each([
    ['a', 32, 4, 320],
    ['a', 128, 1, 320],
    ['b', 32, 4, 700],
    ['c', 32, 4, 700],
    ['c', 1, 64, 260],
  ] as const)(
    'form %s, %i×%id at %i pixels: all pieces are inside, apart from one another, and wide enough to be seen',
    (form, c, d, width) => {
      const { pieces } = figureOf(form, block(c, d), width);
      expect(pieces).toHaveLength(3 * c);
      for (const row of [0, 1, 2]) {
        const own = pieces.filter((piece) => piece.row === row).toSorted((a, b) => a.x - b.x);
        own.forEach(({ x, width: wide, path }, index) => {
          expect(path).toBe(index);
          expect(wide).toBeGreaterThan(c > 64 ? 0.5 : 2.5);
          // Pieces of one layer touch, a hair's breadth over one another.
          if (index > 0) expect(x).toBeGreaterThanOrEqual(own[index - 1].x + own[index - 1].width - 0.51);
        });
        expect(own[0].x).toBeGreaterThanOrEqual(0);
        expect(own[own.length - 1].x + own[own.length - 1].width).toBeLessThanOrEqual(width);
      }
    },
  );

  it('joins the layers that a form has in one', () => {
    const gaps = (form: 'a' | 'b' | 'c', row: number) => {
      const [first, second] = figureOf(form, block(32, 4), 700).pieces.filter((piece) => piece.row === row);
      return second.x - first.x - first.width > 1;
    };
    expect([0, 1, 2].map((row) => gaps('a', row))).toEqual([true, true, true]);
    expect([0, 1, 2].map((row) => gaps('b', row))).toEqual([true, true, false]);
    expect([0, 1, 2].map((row) => gaps('c', row))).toEqual([false, true, false]);
  });

  it('says what the layers are as the paper does', () => {
    const texts = (form: 'a' | 'b' | 'c') => figureOf(form, block(32, 4), 700).rows.map(({ text }) => text);
    expect(texts('a')).toEqual(['256, 1×1, 4 ×32', '4, 3×3, 4 ×32', '4, 1×1, 256 ×32']);
    expect(texts('b')).toEqual(['256, 1×1, 4 ×32', '4, 3×3, 4 ×32', '128, 1×1, 256']);
    expect(texts('c')).toEqual(['256, 1×1, 128', '128, 3×3, 128, 32 groups', '128, 1×1, 256']);
  });

  it("has the weights of the paper's Table 2", () => {
    const table = [
      [1, 64],
      [2, 40],
      [4, 24],
      [8, 14],
      [32, 4],
    ] as const;
    expect(table.map(([c, d]) => weightsOf(block(c, d)))).toEqual([69_632, 69_760, 69_888, 71_456, 70_144]);
  });
});

it('finds the widths that the library finds, for whatever budget', () => {
  const cardinalities = [1, 2, 3, 4, 8, 16, 32, 64, 128];
  for (const budget of [20_000, 69_632, 140_000]) {
    const columns = cardinalityTradeoff({ cardinalities, budget });
    expect(cardinalities.map((cardinality) => widthAt(cardinality, budget))).toEqual(
      columns.map(({ width }) => width),
    );
    expect(columns.map(({ cardinality, width }) => weightsOf(block(cardinality, width)))).toEqual(
      columns.map(({ parameters }) => parameters),
    );
  }
});

describe('the block of a stage', () => {
  const shownOf = (name: string, options = {}) => {
    const { inputShape } = modelInfo(name, options);
    const network = outline(costTree(createModel(name, options), { inputSize: [1, ...inputShape] }));
    return { network } as Shown;
  };

  it.each(['a', 'b', 'c'] as const)('is read off the network as it is built, in form (%s)', (form) => {
    const shown = shownOf('resnext50_32x4d', { form });
    expect(stageBlock.count(shown)).toBe(4);
    expect(stageBlock.of(shown, 0)).toEqual({ cardinality: 32, width: 4, inputWidth: 256, pictureSize: 56 });
    expect(stageBlock.of(shown, 3)).toEqual({ cardinality: 32, width: 32, inputWidth: 2048, pictureSize: 7 });
  });

  it('is of one path in a ResNet, of one channel in a depthwise one, and none elsewhere', () => {
    expect(stageBlock.of(shownOf('resnet50'), 0)).toMatchObject({ cardinality: 1, width: 64 });
    expect(stageBlock.of(shownOf('resnext50_depthwise'), 0)).toMatchObject({ cardinality: 134, width: 1 });
    expect(stageBlock.count(shownOf('resnet18'))).toBe(0);
    expect(stageBlock.count(shownOf('mobilenetv3_small_100'))).toBe(0);
  });
});

it('draws the trade-off as a curve that falls', () => {
  const { places } = curveOf(cardinalityTradeoff({ cardinalities: [1, 2, 4, 8, 16, 32, 64] }), 500);
  places.slice(1).forEach(({ x, y }, index) => {
    expect(x).toBeGreaterThan(places[index].x);
    expect(y).toBeGreaterThan(places[index].y);
  });
});

describe('the chart of a program', () => {
  const options = { layers: [1, 1, 1], cardinality: 2, baseWidth: 8, planes: 8 };
  const traced = trace(createModel('resnext_cifar', options), [2, 3, 32, 32], { training: true });
  const timeline = planTimeline(
    planTraining(traced, plainTarget, {
      name: 'x',
      optimizer: { kind: 'sgd', momentum: true, nesterov: false },
    }),
    plainTarget,
  );

  it('has every buffer inside', () => {
    const bars = barsOf(timeline);
    expect(bars).toHaveLength(timeline.buffers.length);
    for (const { x, y, width, height } of bars) {
      expect(Math.min(x, y, width, height)).toBeGreaterThanOrEqual(0);
      expect(Math.max(x + width, y + height)).toBeLessThanOrEqual(1 + 1e-9);
    }
  });

  it('sums up in spans all that there is', () => {
    const spans = spansOf(timeline);
    expect(spans.reduce((sum, { steps }) => sum + steps, 0)).toBe(timeline.steps.length);
    expect(spans.reduce((sum, { macs }) => sum + macs, 0)).toBe(
      timeline.steps.reduce((sum, { macs }) => sum + macs, 0),
    );
    expect(spans.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(spans.map(({ title }) => title)).toContain('layer1, backward');
    expect(spans[spans.length - 1].title).toBe('update of the weights');
  });
});
