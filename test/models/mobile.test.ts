import { describe, expect, it, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { createModel, modelInfo } from '../../src/models/index.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { BatchNorm2d, trace } from '../../src/nn/index.ts';

// Parameters, and GMACs and sizes of pictures as timm's benchmarks list them. They count a batch norm as two operations for each of
// its outputs beside the multiply–accumulates of weights; ours are of weights alone.
test.each([
  ['mobilenetv2_035', 1_677_128, 0.07, 224],
  ['mobilenetv2_050', 1_968_680, 0.1, 224],
  ['mobilenetv2_075', 2_636_424, 0.22, 224],
  ['mobilenetv2_100', 3_504_872, 0.31, 224],
  ['mobilenetv2_110d', 4_516_520, 0.45, 224],
  ['mobilenetv2_120d', 5_831_144, 0.69, 224],
  ['mobilenetv2_140', 6_108_776, 0.6, 224],
  ['mobilenetv3_small_050', 1_593_224, 0.03, 224],
  ['mobilenetv3_small_075', 2_041_872, 0.05, 224],
  ['mobilenetv3_small_100', 2_542_856, 0.06, 224],
  ['mobilenetv3_large_075', 3_993_528, 0.16, 224],
  ['mobilenetv3_large_100', 5_483_032, 0.23, 224],
  ['tf_mobilenetv3_large_100', 5_483_032, 0.23, 224],
  ['mnasnet_050', 2_218_512, 0.11, 224],
  ['mnasnet_075', 3_170_208, 0.23, 224],
  ['mnasnet_100', 4_383_312, 0.33, 224],
  ['mnasnet_140', 7_115_728, 0.6, 224],
  ['mnasnet_small', 2_030_264, 0.07, 224],
  ['semnasnet_075', 2_912_278, 0.23, 224],
  ['semnasnet_100', 3_887_038, 0.32, 224],
  ['efficientnet_b0', 5_288_548, 0.4, 224],
  ['efficientnet_b1', 7_794_184, 0.59, 224],
  ['efficientnet_b2', 9_109_994, 0.89, 256],
  ['efficientnet_b3', 12_233_232, 1.63, 288],
  ['efficientnet_b4', 19_341_616, 3.13, 320],
  ['tf_efficientnet_b0', 5_288_548, 0.4, 224],
  ['tf_efficientnet_b1', 7_794_184, 0.71, 240],
  ['tf_efficientnet_b2', 9_109_994, 1.02, 260],
  ['tf_efficientnet_b3', 12_233_232, 1.87, 300],
  ['tf_efficientnet_b4', 19_341_616, 4.49, 380],
  ['efficientnetv2_rw_s', 23_941_296, 4.91, 288],
  ['tf_efficientnetv2_s', 21_458_488, 5.35, 300],
  ['xception41', 26_969_560, 9.28, 299],
  ['xception65', 39_916_312, 13.96, 299],
  ['xception71', 42_338_736, 18.09, 299],
])('%s has %i parameters and %s GMACs', (name, params, gmacs, size) => {
  const count = countModel(name);
  expect(count.params).toBe(params);
  expect(count.inputShape).toEqual([3, size, size]);
  const { graph } = trace(createModel(name), [1, 3, size, size], { training: false });
  const normed = graph.nodes.reduce(
    (sum, { op, outputs }) => sum + (op === 'batch_norm_inference' ? sizeOf(outputs[0].shape) : 0),
    0,
  );
  // Two decimals are published, of which some are rounded up.
  expect(Math.abs((count.macs + 2 * normed) / 1e9 - gmacs)).toBeLessThan(0.0101);
});

// Parameters as torchvision publishes them; millions of MACs as the papers do, who count a little more than the weights'.
test.each([
  ['mobilenet_v3_small', 2_542_856, 56, 0.02],
  ['mobilenet_v3_large', 5_483_032, 219, 0.02],
  ['mobilenetv2_100', 3_504_872, 300, 0.01],
  ['shufflenet_v2_x0_5', 1_366_792, 41, 0.02],
  ['shufflenet_v2_x1_0', 2_278_604, 146, 0.01],
  ['shufflenet_v2_x1_5', 3_503_624, 299, 0.02],
  ['shufflenet_v2_x2_0', 7_393_996, 591, 0.02],
  ['efficientnet_v2_s', 21_458_488, 8400, 0.01],
  ['efficientnet_b0', 5_288_548, 390, 0.02],
])('%s has %i parameters and %i million MACs', (name, params, megamacs, off) => {
  const count = countModel(name);
  expect(count.params).toBe(params);
  expect(Math.abs(count.macs / 1e6 / megamacs - 1)).toBeLessThan(off);
});

describe('what was published of them', () => {
  it.each([
    ['mobilenetv3_large_100', 1e-5, 0.1],
    ['tf_mobilenetv3_large_100', 1e-3, 0.1],
    ['mobilenet_v3_large', 1e-3, 0.01],
    ['efficientnet_v2_s', 1e-3, 0.1],
    ['efficientnetv2_rw_s', 1e-5, 0.1],
    ['tf_efficientnetv2_s', 1e-3, 0.1],
    ['efficientnet_b0', 1e-5, 0.1],
    ['tf_efficientnet_b0', 1e-3, 0.1],
    ['xception41', 1e-3, 0.1],
  ])('%s normalises with ε = %d and momentum %d', (name, eps, momentum) => {
    const norms = createModel(name)
      .modules()
      .filter((module) => module instanceof BatchNorm2d);
    expect(new Set(norms.map((norm) => norm.eps))).toEqual(new Set([eps]));
    expect(new Set(norms.map((norm) => norm.momentum))).toEqual(new Set([momentum]));
  });

  it('pads as TensorFlow does, more behind than before where the picture is even, and nothing needless', () => {
    const edges = (size: number) =>
      trace(createModel('tf_efficientnet_b0'), [1, 3, size, size], { training: false }).graph.nodes.flatMap(
        ({ op, attrs }) => (op === 'pad2d' ? [attrs.padding] : []),
      );
    // 3×3, 3×3, 5×5, 3×3 and 5×5 with stride 2, at 64, 32, 16, 8 and 4 pixels; at 33, 17, 9, 5 and 3.
    expect(edges(64)).toEqual([3, 3, 5, 3, 5].map((k) => (k === 3 ? [0, 1, 0, 1] : [1, 2, 1, 2])));
    expect(edges(33)).toEqual([3, 3, 5, 3, 5].map((k) => (k === 3 ? [1, 1, 1, 1] : [2, 2, 2, 2])));
  });

  it('begins its convolutions with the fan of one group, and biases at 0', () => {
    const state = createModel('mobilenetv3_small_100').initialize(1).stateDict();
    const deviation = (name: string) => {
      const data = state.get(name)?.data ?? [];
      return Math.sqrt(Array.from(data, Number).reduce((sum, value) => sum + value * value, 0) / data.length);
    };
    // Depthwise 5×5, 1×1 to 576 channels.
    expect(deviation('blocks.4.1.conv_dw.weight') / Math.sqrt(2 / 25)).toBeCloseTo(1, 1);
    expect(deviation('blocks.5.0.conv.weight') / Math.sqrt(2 / 576)).toBeCloseTo(1, 1);
    expect(deviation('classifier.weight') / (1 / Math.sqrt(3 * 1000))).toBeCloseTo(1, 1);
    for (const name of ['conv_head.bias', 'blocks.0.0.se.conv_reduce.bias', 'classifier.bias']) {
      expect(deviation(name), name).toBe(0);
    }
  });

  it('leaves out blocks with a probability that grows with the depth, where there is a shortcut', () => {
    const model = createModel('efficientnet_b0', { dropPath: 0.2, dropout: 0.3 });
    const { graph } = trace(model, [2, 3, 64, 64], { training: true });
    const rates = graph.nodes.flatMap(({ op, attrs }) => (op === 'drop_path' ? [attrs.p] : []));
    // Of 16 blocks 9 have one: not the first of a stage.
    expect(rates).toEqual([2, 4, 6, 7, 9, 10, 12, 13, 14].map((block) => (0.2 * block) / 16));
    expect(graph.nodes.flatMap(({ op, attrs }) => (op === 'dropout' ? [attrs.p] : []))).toEqual([0.3]);
  });

  it('is known by torchvision’s names, too', () => {
    for (const [theirs, ours] of [
      ['mobilenet_v2', 'mobilenetv2_100'],
      ['mnasnet1_0', 'mnasnet_100'],
      ['mnasnet_a1', 'semnasnet_100'],
    ]) {
      expect(modelInfo(theirs).name).toBe(ours);
    }
  });
});

describe('options', () => {
  it('makes them narrower, deeper, grey and of other classes', () => {
    for (const name of ['mobilenetv2_100', 'efficientnet_b0', 'tf_efficientnetv2_s']) {
      const options = { widthMultiplier: 0.1, depthMultiplier: 0.3, numClasses: 7, inChannels: 1 };
      const { output } = trace(createModel(name, options), [2, 1, 65, 70], { training: true });
      expect(output.shape, name).toEqual([2, 7]);
    }
    for (const name of ['mobilenetv3_small_100', 'mnasnet_small', 'shufflenet_v2_x1_0', 'xception41']) {
      const options = { widthMultiplier: 0.1, numClasses: 7, inChannels: 1 };
      const { output } = trace(createModel(name, options), [2, 1, 65, 70], { training: true });
      expect(output.shape, name).toEqual([2, 7]);
    }
  });

  it.each([
    [
      () => createModel('efficientnet_b0', { depthMultiplier: 0 }),
      /expected depthMultiplier to be a number above 0/,
    ],
    [() => createModel('mobilenetv2_100', { dropPath: 1 }), /expected dropPath to be .* below 1, got 1/],
  ])('refuses on one line: case %#', (attempt, message) => {
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/\n/);
  });
});
