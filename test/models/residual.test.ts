import { describe, expect, it } from 'vitest';
import { familyOf } from '../../src/models/families.ts';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { trace } from '../../src/nn/index.ts';
import { optionsFor } from '../../src/weights/fit.ts';
import type { Described } from '../../src/weights/match.ts';

const without = { residual: false };

/** Parameters of a projection from so many channels to so many: weights, γ and β. */
const projection = (from: number, to: number) => from * to + 2 * to;

// Four projections of a network of bottlenecks; three of one of basic blocks, whose first stage needs none.
const ofBottlenecks =
  projection(64, 256) + projection(256, 512) + projection(512, 1024) + projection(1024, 2048);
const ofBasicBlocks = projection(64, 128) + projection(128, 256) + projection(256, 512);
const ofCifar = projection(64, 256) + projection(256, 512) + projection(512, 1024);
/** The review's have biases. */
const ofReview = ofBottlenecks + 256 + 512 + 1024 + 2048;

describe('networks without shortcuts', () => {
  // The whole counts are published ones; section 5.1 of the ResNeXt paper trains the two of 50 layers without shortcuts.
  it.each([
    ['resnet50', 25_557_032, ofBottlenecks],
    ['resnext50_32x4d', 25_028_904, ofBottlenecks],
    ['resnext101_64x4d', 83_455_272, ofBottlenecks],
    ['resnet18', 11_689_512, ofBasicBlocks],
    ['resnext29_8x64d_cifar', 34_426_698, ofCifar],
    ['resnet20_cifar', 269_722, 0],
    ['resnext50_32x4d.review', 25_032_808, ofReview],
  ])('%s has %i parameters less its projections, %i', (name, params, projections) => {
    expect(countModel(name).params).toBe(params);
    expect(countModel(name, undefined, without).params).toBe(params - projections);
  });

  it('does less by the projections alone', () => {
    // 64·256 weights at 56², then twice as many at a quarter of the pixels, and so on: three times 256·512·28².
    const projections = 64 * 256 * 56 ** 2 + 3 * 256 * 512 * 28 ** 2;
    for (const name of ['resnet50', 'resnext50_32x4d']) {
      expect(countModel(name).macs - countModel(name, undefined, without).macs).toBe(projections);
    }
  });

  // The networks to compare with have no shortcuts, or other ones, that are part of what they are.
  const others = /Inception|Xception|MobileNet|MNASNet|ShuffleNet|EfficientNet|RegNet|ConvNeXt/;
  it.each(listModels().filter((name) => !others.test(familyOf(name))))(
    '%s takes the option, and has nothing of a shortcut then',
    (name) => {
      expect(modelInfo(name).options.residual).toBe(true);
      const model = createModel(name, without);
      expect([...model.stateSpecs().keys()].filter((path) => /downsample|shortcut/.test(path))).toEqual([]);
      const bilinear = name.startsWith('bat_');
      const side = bilinear ? 256 : modelInfo(name).inputShape[1] === 32 ? 16 : 64;
      const { nodes } = trace(model, [1, 3, side, side], { training: false }).graph;
      // Selective kernels add up their paths, and bilinear attention what it attends to: no shortcuts.
      const within = bilinear ? /\.attn$/ : /\.conv[12]$/;
      const ops = nodes.filter(({ scope }) => !within.test(scope)).map(({ op }) => op);
      expect(ops.filter((op) => op === 'add' || op === 'subsample' || op === 'pad_channels')).toEqual([]);
    },
  );

  it('keeps the names of all that stays', () => {
    const names = (options: object) => [...createModel('resnext50_32x4d', options).stateSpecs().keys()];
    expect(names(without)).toEqual(names({}).filter((name) => !name.includes('downsample')));
    // Two ways to say it, one network.
    expect(names(without)).toEqual(names({ shortcut: 'none' }));
    expect(names({ residual: false, shortcut: 'C' })).toEqual(names(without));
    expect(names({ residual: false, form: 'b' }).some((name) => name.includes('downsample'))).toBe(false);
  });

  // Such a block would give max(0, 0) whatever its input, and no gradient would ever reach it.
  it('does not begin blocks at zero, which would never learn', () => {
    for (const [name, options] of [
      ['resnext', { layers: [1, 1], zeroInitResidual: true }],
      ['resnet20_cifar', { zeroInitResidual: true }],
      ['resnext50_32x4d.review', {}],
    ] as const) {
      const zeroed = (residual: boolean) =>
        createModel(name, { ...options, residual })
          .namedParameters()
          .filter(
            // Numbers are drawn when they are asked for: not those of the large ones.
            ([path, one]) =>
              path.endsWith('weight') && one.size < 3000 && one.data.every((value) => value === 0),
          );
      expect(zeroed(true).length, name).toBeGreaterThan(0);
      expect(zeroed(false), name).toEqual([]);
    }
  });

  it('is told from weights where they tell it, and may be said where they do not', () => {
    const specs = (name: string) => new Map<string, Described>(createModel(name, without).stateSpecs());
    expect(optionsFor('resnext50_32x4d.review', specs('resnext50_32x4d.review'))).toEqual(without);
    // Weights without projections may as well have shortcuts A.
    expect(optionsFor('resnext50_32x4d', specs('resnext50_32x4d'))).toEqual({ shortcut: 'A' });
    expect(optionsFor('resnext50_32x4d', specs('resnext50_32x4d'), without)).toEqual(without);
  });
});
