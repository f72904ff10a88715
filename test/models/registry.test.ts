import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';
import { parseSet } from '../../src/models/options.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { trace } from '../../src/nn/index.ts';

describe('registry', () => {
  it('lists by pattern', () => {
    expect(listModels('resnext29_*_cifar')).toHaveLength(6);
    expect(listModels('*.kuangliu')).toHaveLength(10);
    expect(listModels('resnext50_32x4d*')).toEqual(['resnext50_32x4d', 'resnext50_32x4d.review']);
    expect(listModels('resnext50.32x4d')).toEqual([]);
    expect(new Set(listModels()).size).toBe(listModels().length);
  });

  it("has every template of the paper's Table 3", () => {
    for (const depth of [50, 101]) {
      for (const template of ['2x40d', '4x24d', '8x14d', '32x4d']) {
        expect(listModels()).toContain(`resnext${depth}_${template}`);
      }
    }
  });

  it('applies options', () => {
    const options = parseSet(['layers=1,1,1', 'cardinality=4', 'baseWidth=8', 'planes=16', 'inChannels=1']);
    const info = modelInfo('resnext_cifar', { ...options, numClasses: 7 });
    expect(info.inputShape).toEqual([1, 32, 32]);
    const model = createModel('resnext_cifar', { ...options, numClasses: 7 });
    expect(trace(model, [2, 1, 28, 28], { training: true }).output.shape).toEqual([2, 7]);
    expect(model.namedParameters().find(([name]) => name === 'layer1.0.conv2.weight')?.[1].shape).toEqual([
      8, 2, 3, 3,
    ]);
  });

  it('builds the same network from the free entries as from the named ones', () => {
    expect(countModel('resnext', undefined, { layers: 101, cardinality: 64 })).toEqual(
      countModel('resnext101_64x4d'),
    );
    expect(countModel('resnext_cifar', undefined, { layers: 29, cardinality: 4 })).toEqual(
      countModel('resnext29_4x64d_cifar'),
    );
  });

  it('gives the same weights for the same name, whatever was built before', () => {
    const weights = () => createModel('resnet20_cifar').stateDict().get('layer2.0.conv1.weight');
    const first = weights();
    createModel('resnet32_cifar').stateDict();
    expect(weights()).toEqual(first);
  });

  it('drops before the classifier if told to', () => {
    const { graph } = trace(createModel('resnet18', { dropout: 0.3 }), [2, 3, 64, 64], { training: true });
    expect(graph.nodes.slice(-2).map(({ op }) => op)).toEqual(['dropout', 'linear']);
  });

  it.each([
    [() => createModel('resnxt50_32x4d'), /unknown model "resnxt50_32x4d"; the nearest: resnext50_32x4d, /],
    [() => createModel('resnxt50'), /the nearest: .*resnext50_32x4d/],
    [
      () => createModel('resnext', { cardinalty: 8 }),
      /unknown option cardinalty; did you mean cardinality\?/,
    ],
    [
      () => createModel('resnext50_32x4d', { cardinality: 8 }),
      /its name fixes cardinality; use the model resnext/,
    ],
    [
      () => createModel('resnext', { cardinality: 0 }),
      /expected cardinality to be a whole number from 1 to 1048576, got 0/,
    ],
    [() => createModel('resnext', { shortcut: 'D' }), /expected shortcut to be A, B, C or none, got 'D'/],
    [() => createModel('resnext', { layers: 49 }), /expected layers to be 50, 101, 152, 200 or blocks/],
    [() => createModel('resnext_cifar', { layers: 30 }), /expected layers to be 9n\+2/],
    [
      () => createModel('resnext50_32x4d.review', { cardinality: 7 }),
      /^resnext50_32x4d\.review: Conv2d: expected groups .* got 7; the nearest that does: 4 or 8$/,
    ],
    [() => parseSet(['cardinality']), /`options`: expected key=value/],
    [() => parseSet(['a=1', 'a=2']), /`options`: a is given twice/],
  ])('refuses on one line: case %#', (attempt, message) => {
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/\n/);
  });

  it('tells the smallest picture that fits', () => {
    expect(() => trace(createModel('inception_v4'), [1, 3, 40, 40], { training: false })).toThrow(
      /^inception_v4: input 3×40×40 is too small: .*; the smallest that fits is 3×75×75$/,
    );
  });
});
