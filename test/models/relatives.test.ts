import { describe, expect, it, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';
import { bottleneckParameters } from '../../src/cost/tradeoff.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { toDepthwiseLimit } from '../../src/cost/depthwise-limit.ts';
import { canonicalName } from '../../src/models/registry.ts';
import { BatchNorm2d, Conv2d, trace } from '../../src/nn/index.ts';
import { optionsFor } from '../../src/weights/fit.ts';

describe('counts of the networks to compare with', () => {
  // Parameters and GMACs as timm publishes them. Its tool counts a batch norm as two operations for each of its outputs beside
  // the multiply–accumulates of weights; ours are of weights alone.
  test.each([
    ['inception_v4', 42_679_816, 12.28, 299],
    ['inception_resnet_v2', 55_843_464, 13.18, 299],
    ['mobilenetv1_100', 4_231_976, 0.58, 224],
    ['xception', 22_855_952, 8.4, 299],
  ])('%s', (name, params, gmacs, size) => {
    const count = countModel(name);
    expect(count.params).toBe(params);
    expect(count.inputShape).toEqual([3, size, size]);
    const { graph } = trace(createModel(name), [1, 3, size, size], { training: false });
    const normed = graph.nodes.reduce(
      (sum, { op, outputs }) => sum + (op === 'batch_norm_inference' ? sizeOf(outputs[0].shape) : 0),
      0,
    );
    expect((count.macs + 2 * normed) / 1e9).toBeCloseTo(gmacs, 2);
    expect(count.macs / 1e9).toBeLessThan(gmacs);
  });

  it('has MobileNet at the papers’ 569 million', () => {
    // Howard et al. 2017, Table 4.
    expect(Math.round(countModel('mobilenetv1_100').macs / 1e6)).toBe(569);
  });

  it("has Inception's stages at the papers' channels and grids", () => {
    const shapes = (name: string) => {
      const { root } = trace(createModel(name), [1, 3, 299, 299], { training: false }).graph;
      return (root?.children ?? [])
        .flatMap((call) => [call, ...call.children])
        .map((call) => call.outputShape);
    };
    for (const shape of [
      [1, 384, 35, 35],
      [1, 1024, 17, 17],
      [1, 1536, 8, 8],
    ]) {
      expect(shapes('inception_v4')).toContainEqual(shape);
    }
    for (const shape of [
      [1, 320, 35, 35],
      [1, 1088, 17, 17],
      [1, 2080, 8, 8],
      [1, 1536, 8, 8],
    ]) {
      expect(shapes('inception_resnet_v2')).toContainEqual(shape);
    }
  });
});

describe('what was published of them', () => {
  it('normalises with ε = 1e-3 in Inception and with PyTorch’s 1e-5 in the others', () => {
    const epsilons = (name: string) =>
      new Set(
        createModel(name)
          .modules()
          .flatMap((module) => (module instanceof BatchNorm2d ? [module.eps] : [])),
      );
    expect([...epsilons('inception_v4')]).toEqual([1e-3]);
    expect([...epsilons('inception_resnet_v2')]).toEqual([1e-3]);
    expect([...epsilons('mobilenetv1_100')]).toEqual([1e-5]);
    expect([...epsilons('xception')]).toEqual([1e-5]);
  });

  it('scales its residuals by 0.17, 0.1 and 0.2, and the last by nothing', () => {
    const { graph } = trace(createModel('inception_resnet_v2'), [1, 3, 299, 299], { training: false });
    const factors = graph.nodes.flatMap(({ op, attrs }) => (op === 'scale' ? [attrs.factor] : []));
    const counts = Map.groupBy(factors, (factor) => factor);
    expect([...counts].map(([factor, all]) => [factor, all.length])).toEqual([
      [0.17, 10],
      [0.1, 20],
      [0.2, 9],
    ]);
    const last = graph.nodes.filter(({ scope }) => scope === 'block8' || scope.startsWith('block8.'));
    expect(last.at(-1)?.op).toBe('add');
  });

  it.each([
    ['inception_v4', 0.2],
    ['inception_resnet_v2', 0.2],
    ['xception', 0.5],
    ['mobilenetv1_100', undefined],
  ])('%s drops %s before its classifier', (name, p) => {
    const { graph } = trace(createModel(name), [2, 3, 224, 224], { training: true });
    const dropped = graph.nodes.flatMap(({ op, attrs }) => (op === 'dropout' ? [attrs.p] : []));
    expect(dropped).toEqual(p === undefined ? [] : [p]);
  });

  it('knows Xception by the name that timm gives it now', () => {
    expect(modelInfo('legacy_xception').name).toBe('xception');
    expect(listModels()).not.toContain('legacy_xception');
    expect(createModel('legacy_xception').displayName).toBe('xception');
    expect(['legacy_xception', 'xception', 'no_such'].map(canonicalName)).toEqual([
      'xception',
      'xception',
      'no_such',
    ]);
  });
});

describe('options', () => {
  it('makes them narrower, shallower, grey and of other classes', () => {
    for (const [name, layers] of [
      ['inception_v4', [1, 2, 1]],
      ['inception_resnet_v2', [1, 2, 1]],
      ['mobilenetv1_100', undefined],
      ['xception', undefined],
    ] as const) {
      const options = { widthMultiplier: 0.1, numClasses: 7, inChannels: 1, ...(layers ? { layers } : {}) };
      const { output } = trace(createModel(name, options), [2, 1, 139, 139], { training: true });
      expect(output.shape, name).toEqual([2, 7]);
    }
    // α² of the weights, as the paper says (section 3.3).
    const quarter = countModel('mobilenetv1_100', undefined, { widthMultiplier: 0.5 });
    const whole = countModel('mobilenetv1_100');
    expect(quarter.macs / whole.macs).toBeCloseTo(0.25, 1);
  });

  it.each([
    [
      () => createModel('inception_v4', { layers: 50 }),
      /expected layers to be the blocks of its three kinds/,
    ],
    [() => createModel('inception_v4', { layers: [1, 2] }), /expected layers to be the blocks .* got 1,2/],
    [
      () => createModel('xception', { widthMultiplier: 0 }),
      /expected widthMultiplier to be a number above 0/,
    ],
    [
      () => createModel('xception', { cardinality: 2 }),
      /xception: it has no cardinality; these have: .*\bresnext, resnext_cifar\b.*\. Options here: widthM/,
    ],
  ])('refuses on one line: case %#', (attempt, message) => {
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/\n/);
  });

  it.each(['inception_v4', 'inception_resnet_v2', 'mobilenetv1_100', 'xception'])(
    'reads classes and channels of %s from the shapes of its weights',
    (name) => {
      const specs = createModel(name, { numClasses: 12, inChannels: 1 }).stateSpecs();
      expect(optionsFor(name, specs)).toEqual({ numClasses: 12, inChannels: 1 });
    },
  );
});

describe('from grouped to depthwise at constant cost', () => {
  const templates = toDepthwiseLimit();

  it("begins with the paper's Table 2 and ends depthwise", () => {
    // Cardinality, width and parameters of a conv2 block; 16, 64 and 128 are not in the paper.
    const paper = [
      [1, 64, 69_632],
      [2, 40, 69_760],
      [4, 24, 69_888],
      [8, 14, 71_456],
      [32, 4, 70_144],
    ];
    const grouped = templates.filter(({ depthwise }) => !depthwise);
    const rows = grouped.map(({ cardinality, baseWidth, parameters }) => [
      cardinality,
      baseWidth,
      parameters,
    ]);
    for (const row of paper) expect(rows).toContainEqual(row);
    expect(grouped.map(({ cardinality }) => cardinality)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
    expect(grouped.at(-1)).toMatchObject({ baseWidth: 1, innerWidth: 128 });
    expect(templates.at(-1)).toEqual({
      cardinality: 1,
      baseWidth: 134,
      depthwise: true,
      innerWidth: 134,
      parameters: bottleneckParameters(134, 1),
    });
  });

  it.each(templates)(
    'a network of $cardinality×$baseWidth, depthwise $depthwise, costs what ResNet-50 does',
    (template) => {
      const { cardinality, baseWidth, depthwise, innerWidth, parameters } = template;
      const options = { cardinality, baseWidth, depthwise };
      const block = createModel('resnext', options)
        .namedParameters()
        .filter(([path, { shape }]) => path.startsWith('layer1.1.') && shape.length === 4);
      expect(block.reduce((sum, [, { size }]) => sum + size, 0)).toBe(parameters);
      expect(block[0][1].shape[0]).toBe(innerWidth);
      // Whole widths: within a tenth of the budget, and so is the network.
      const { params, macs } = countModel('resnext', undefined, options);
      const budget = countModel('resnet50');
      expect(Math.abs(parameters / 69_632 - 1)).toBeLessThan(0.1);
      expect(Math.abs(params / budget.params - 1)).toBeLessThan(0.1);
      expect(Math.abs(macs / budget.macs - 1)).toBeLessThan(0.1);
    },
  );

  it('has groups of one channel in every stage at the limit', () => {
    const convolutions = createModel('resnext50_depthwise')
      .namedModules()
      .flatMap(([path, module]) => (path.endsWith('conv2') && module instanceof Conv2d ? [module] : []));
    expect(convolutions).toHaveLength(16);
    for (const { groups, inChannels, outChannels } of convolutions) {
      expect([groups, outChannels]).toEqual([inChannels, inChannels]);
    }
    const [limit] = templates.slice(-1);
    expect(countModel('resnext50_depthwise')).toEqual(
      countModel('resnext', undefined, { baseWidth: limit.baseWidth, cardinality: 1, depthwise: true }),
    );
  });

  it('is read back from the shapes of weights', () => {
    const options = { layers: [1, 1, 1], planes: 16, cardinality: 1, baseWidth: 128, depthwise: true };
    const specs = createModel('resnext_cifar', options).stateSpecs();
    expect(optionsFor('resnext_cifar', specs)).toEqual(options);
  });

  it('serves narrower networks, whose widths stay whole', () => {
    for (const planes of [8, 16, 32]) {
      for (const { baseWidth, innerWidth, cardinality } of toDepthwiseLimit(planes)) {
        expect((planes * baseWidth * cardinality) / 64).toBe(innerWidth);
      }
    }
    expect(() => toDepthwiseLimit(48)).toThrow(/expected planes that divide 64, got 48/);
  });
});
