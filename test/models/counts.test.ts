import { describe, expect, it } from 'vitest';
import { createModel, listModels, resnextCifar } from '../../src/models/index.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { BatchNorm2d, Sequential } from '../../src/nn/index.ts';

describe('counts', () => {
  // Parameters: torchvision's metadata and the papers; GMACs and millions of activations at 224².
  it.each([
    ['resnet18', 11_689_512, 1.814, undefined],
    ['resnet34', 21_797_672, 3.664, undefined],
    ['resnet50', 25_557_032, 4.089, 11.11],
    ['resnext50_32x4d', 25_028_904, 4.23, 14.4],
    ['resnet101', 44_549_160, 7.801, 16.23],
    ['resnext101_32x4d', 44_177_704, 7.97, 21.23],
    ['resnext101_64x4d', 83_455_272, 15.46, 31.21],
    ['resnext101_32x8d', 88_791_336, 16.414, 31.21],
    ['resnet101_1x100d', 85_611_336, 15.273, 19.04],
    ['resnext101_2x64d', 84_198_184, 15.123, 21.23],
    ['resnet152', 60_192_808, 11.514, 22.56],
    ['resnet200', 64_673_832, 15.007, 32.19],
  ])('%s', (name, params, gmacs, activations) => {
    const count = countModel(name);
    expect(count.params).toBe(params);
    expect(count.macs / 1e9).toBeCloseTo(gmacs, 3);
    expect(count.inputShape).toEqual([3, 224, 224]);
    if (activations !== undefined) expect(count.activations / 1e6).toBeCloseTo(activations, 2);
  });

  // Table 7 and Figure 7 of the ResNeXt paper.
  it.each([
    [1, 4.91, 0.75],
    [2, 9.13, 1.41],
    [4, 17.56, 2.74],
    [8, 34.43, 5.39],
    [16, 68.16, 10.69],
  ])('ResNeXt-29 %i×64d', (cardinality, megaparams, gmacs) => {
    const { params, macs, inputShape } = countModel(`resnext29_${cardinality}x64d_cifar`);
    expect(params / 1e6).toBeCloseTo(megaparams, 2);
    expect(macs / 1e9).toBeCloseTo(gmacs, 2);
    expect(inputShape).toEqual([3, 32, 32]);
  });

  // He et al. 2016, Table 6, in millions.
  it.each([
    [20, 0.27],
    [32, 0.46],
    [44, 0.66],
    [56, 0.85],
    [110, 1.7],
    [1202, 19.4],
  ])('CIFAR ResNet-%i', (depth, megaparams) => {
    const ratio = countModel(`resnet${depth}_cifar`).params / 1e6 / megaparams;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
  });

  // Table 2: convolution parameters of a conv2 block with 256 channels in, by cardinality and width.
  it.each([
    [1, 64, 69_632],
    [2, 40, 69_760],
    [4, 24, 69_888],
    [8, 14, 71_456],
    [32, 4, 70_144],
  ])('a block of %i×%id', (cardinality, width, params) => {
    const name = `${cardinality === 1 ? 'resnet' : 'resnext'}50_${cardinality}x${width}d`;
    const block = createModel(name)
      .namedParameters()
      .filter(([path, { shape }]) => path.startsWith('layer1.1.') && shape.length === 4);
    expect(block.reduce((total, [, { size }]) => total + size, 0)).toBe(params);
  });

  it("the review's network differs from the paper's in biases alone", () => {
    expect(countModel('resnext50_32x4d.review').params).toBe(25_032_808);
    expect(25_032_808 - 25_028_904).toBe(64 + 3840);
  });

  it('counts the whole registry without drawing weights', () => {
    for (const name of listModels()) expect(countModel(name).macs, name).toBeGreaterThan(0);
  });
});

describe('zero-initialised residuals', () => {
  const lastNorms = (name: string, options = {}) =>
    createModel(name, options)
      .initialize(5)
      .namedModules()
      .filter(([path]) => /^layer\d\.\d\.bn3$|residual\.7$/.test(path))
      .map(([, module]) => (module instanceof BatchNorm2d ? module.weight.data : undefined));

  it('take effect, in the review as well', () => {
    for (const norms of [
      lastNorms('resnext', { layers: [1, 2, 1, 1], zeroInitResidual: true }),
      lastNorms('resnext50_32x4d.review'),
    ]) {
      expect(norms.length).toBeGreaterThan(4);
      for (const weight of norms) expect(weight?.every((value) => value === 0)).toBe(true);
    }
  });

  it('are off by default, as in torchvision', () => {
    for (const weight of lastNorms('resnext', { layers: [1, 1, 1, 1] })) {
      expect(weight?.every((value) => value === 1)).toBe(true);
    }
  });
});

describe('shortcuts', () => {
  const shape = [3, 32, 32];
  const params = (shortcut: 'A' | 'B' | 'C' | 'none') =>
    countModel(resnextCifar([2, 2, 2], { cardinality: 2, baseWidth: 16, shortcut }), shape).params;

  it('A and none have no parameters, B projects three times, C in every block', () => {
    const projection = (from: number, to: number) => from * to + 2 * to;
    const b = projection(64, 256) + projection(256, 512) + projection(512, 1024);
    const c = b + projection(256, 256) + projection(512, 512) + projection(1024, 1024);
    expect(params('none')).toBe(params('A'));
    expect(params('B') - params('A')).toBe(b);
    expect(params('C') - params('A')).toBe(c);
  });

  it('has empty shortcuts where the CIFAR network passes its input on', () => {
    const shortcuts = createModel('resnet20_cifar')
      .namedModules()
      .filter(([path]) => path.endsWith('shortcut'))
      .map(([, module]) => module);
    expect(shortcuts).toHaveLength(9);
    expect(shortcuts.filter((module) => module instanceof Sequential && module.length === 0)).toHaveLength(7);
  });
});
