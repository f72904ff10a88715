import { describe, expect, it } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { bottleneckLayers, equalCostTemplates } from '../../src/cost/templates.ts';
import { bottleneckParameters, cardinalityTradeoff } from '../../src/cost/tradeoff.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { nearestWidth } from '../../src/cost/nearest-width.ts';

describe('cardinality against width', () => {
  // Table 2 of the ResNeXt paper, with the parameters of its formula written out.
  it("is the paper's Table 2 unless told otherwise", () => {
    const columns = cardinalityTradeoff();
    expect(
      columns.map(({ cardinality, width, groupWidth, parameters }) => [
        cardinality,
        width,
        groupWidth,
        parameters,
      ]),
    ).toEqual([
      [1, 64, 64, 69_632],
      [2, 40, 80, 69_760],
      [4, 24, 96, 69_888],
      [8, 14, 112, 71_456],
      [32, 4, 128, 70_144],
    ]);
    // "∼0.22 billion (# params×56×56 for conv2)", section 3.4.
    for (const { macs } of columns) expect((macs / 1e9).toFixed(2)).toBe('0.22');
  });

  it('counts the layers that the networks of the registry have', () => {
    for (const { cardinality, width, parameters, macs, counted } of cardinalityTradeoff()) {
      const name = `${cardinality === 1 ? 'resnet' : 'resnext'}50_${cardinality}x${width}d`;
      const block = createModel(name)
        .namedParameters()
        .filter(([path]) => path.startsWith('layer1.1.'));
      const total = block.reduce((sum, [, { size }]) => sum + size, 0);
      expect(counted.convolutionParameters).toBe(parameters);
      expect(counted.convolutionParameters + counted.batchNormParameters).toBe(total);
      expect(counted.macs).toBe(macs);
      expect(counted.activations).toBe(56 ** 2 * (2 * cardinality * width + 256));
    }
  });

  it('takes any width, budget and cardinalities, in parameters or in MACs', () => {
    // No neighbour may be nearer.
    const [one] = cardinalityTradeoff({ inputWidth: 512, cardinalities: [1], budget: 200_000 });
    const costs = [-1, 0, 1].map((step) => bottleneckParameters(1, one.width + step, 512));
    const distances = costs.map((cost) => Math.abs(cost - 200_000));
    expect(Math.min(...distances)).toBe(distances[1]);
    expect(one.deviation).toBeCloseTo(costs[1] / 200_000 - 1, 12);

    const macs = cardinalityTradeoff({ unit: 'macs', budget: 70_000 * 14 ** 2, pictureSize: 14 });
    const parameters = cardinalityTradeoff({ budget: 70_000, pictureSize: 14 });
    expect(macs).toEqual(parameters);
  });

  // Widths whose planes·widthPerGroup/64 is not exact in floating point.
  it('counts the width it names, at every width', () => {
    for (const inputWidth of [12, 100, 252, 1000]) {
      for (const { parameters, counted } of cardinalityTradeoff({ inputWidth, cardinalities: [1, 3, 7] })) {
        expect(counted.convolutionParameters, `${inputWidth} channels`).toBe(parameters);
      }
    }
  });

  it.each([
    [{ inputWidth: 30 }, /input width that is a multiple of 4.*got 30/],
    [{ budget: 0 }, /budget above 0, got 0/],
    [{ budget: 1e30 }, /budget for widths up to 1048576/],
    [{ cardinalities: [2.5] }, /cardinality that is a whole number above 0, got 2.5/],
    [{ pictureSize: 0 }, /picture size that is a whole number above 0, got 0/],
  ])('refuses %j', (options, message) => {
    expect(() => cardinalityTradeoff(options)).toThrow(message);
  });
});

describe('the rounding rule', () => {
  it('takes the nearest, of two the smaller, and never less than 1', () => {
    const tens = (d: number) => 10 * d;
    expect(nearestWidth(tens, 54)).toBe(5);
    expect(nearestWidth(tens, 56)).toBe(6);
    expect(nearestWidth(tens, 55)).toBe(5);
    expect(nearestWidth(tens, 1)).toBe(1);
    expect(nearestWidth(tens, 16)).toBe(2);
    expect(nearestWidth(tens, 123_456)).toBe(12_346);
  });
});

describe('templates of equal cost', () => {
  const names = (options: Parameters<typeof equalCostTemplates>[0]) =>
    equalCostTemplates(options).map(({ cardinality, baseWidth }) => `${cardinality}×${baseWidth}d`);

  it.each([50, 101])("keeps the paper's Table 3 at %i layers, whatever is kept equal", (depth) => {
    const paper = ['1×64d', '2×40d', '4×24d', '8×14d', '32×4d'];
    expect(names({ depth })).toEqual(paper);
    expect(names({ depth, unit: 'macs' })).toEqual(paper);
    for (const { source, name, count } of equalCostTemplates({ depth })) {
      expect(source).toBe('paper');
      expect(countModel(name ?? '')).toEqual(count);
    }
  });

  it("keeps Table 4's at twice the cost of 101 layers", () => {
    const templates = equalCostTemplates({ depth: 101, times: 2, unit: 'macs' });
    expect(templates.map(({ name }) => name)).toEqual([
      'resnet101_1x100d',
      'resnext101_2x64d',
      'resnext101_64x4d',
    ]);
    expect(templates.map(({ table }) => table)).toEqual(['Table 4', 'Table 4', 'Table 4']);
    // The paper keeps them below twice the cost.
    for (const { deviation } of templates) expect(deviation).toBeLessThan(0);
  });

  it('finds widths by the rule anywhere else', () => {
    // Measured against every neighbour: none is nearer.
    const depth = 26;
    const budget = countModel('resnext', undefined, { layers: [2, 2, 2, 2], cardinality: 1, baseWidth: 64 });
    for (const { cardinality, baseWidth, layers, source, count } of equalCostTemplates({ depth })) {
      expect(source).toBe('rule');
      const distance = (params: number) => Math.abs(params - budget.params);
      for (const other of [baseWidth - 1, baseWidth + 1].filter((width) => width > 0)) {
        const neighbour = countModel('resnext', undefined, { layers, cardinality, baseWidth: other });
        expect(distance(count.params)).toBeLessThanOrEqual(distance(neighbour.params));
      }
    }
    // A budget of one's own overrides the paper's widths.
    const [wider] = equalCostTemplates({ depth: 50, cardinalities: [32], budget: 30_500_000 });
    expect([wider.baseWidth, wider.source]).toEqual([5, 'rule']);
  });

  it.each([
    [14, [1, 1, 1, 1]],
    [26, [2, 2, 2, 2]],
    [38, [3, 3, 3, 3]],
    [50, [3, 4, 6, 3]],
    [101, [3, 4, 23, 3]],
    [152, [3, 8, 36, 3]],
    [104, [3, 4, 24, 3]],
  ])('has stages for %i layers', (depth, layers) => {
    expect(bottleneckLayers(depth)).toEqual(layers);
    expect(3 * layers.reduce((sum, blocks) => sum + blocks, 0) + 2).toBe(depth);
  });

  it.each([49, 11, 26.5])('refuses %d layers', (depth) => {
    expect(() => bottleneckLayers(depth)).toThrow(/expected a depth of 3n\+2 from 14 on/);
  });
});
