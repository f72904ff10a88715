import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/cost/cost.ts';
import type { Value } from '../../src/graph/value.ts';
import type { Convention } from '../../src/cost/conventions.ts';
import { SqueezeExcite } from '../../src/models/blocks/squeeze-excite.ts';
import { createModel, modelInfo } from '../../src/models/index.ts';
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  F,
  Flatten,
  Linear,
  Module,
  ReLU,
  Sequential,
  trace,
} from '../../src/nn/index.ts';
import { costSummary } from '../../src/cost/summary.ts';

const inputSize = [1, 3, 224, 224];
const breakdown = (name: string, depth = 3) => costSummary(createModel(name), { inputSize, depth });

function counted(name: string, id: Convention['id']): number {
  return breakdown(name).conventions.find((convention) => convention.id === id)?.value ?? NaN;
}

describe('where the cost lies', () => {
  it("shares ResNeXt-50's MACs out among kinds of op", () => {
    const { kinds } = breakdown('resnext50_32x4d');
    expect(
      kinds
        .filter(({ macs }) => macs > 0)
        .map(({ kind, ops, macShare }) => [kind, ops, (100 * macShare).toFixed(1)]),
    ).toEqual([
      ['1×1 convolution', 32, '83.2'],
      ['1×1 convolution on a shortcut', 4, '8.5'],
      ['3×3 grouped convolution', 16, '5.5'],
      ['7×7 convolution', 1, '2.8'],
      ['linear', 1, '0.0'],
    ]);
    // A ResNet-50 puts 45 % of its work into its dense 3×3 convolutions.
    const dense = breakdown('resnet50').kinds.find(({ kind }) => kind === '3×3 convolution');
    expect(dense?.macShare).toBeCloseTo(0.452, 3);
  });

  it.each([0, 1, 2, 3, Infinity])('adds up to the whole at depth %d', (depth) => {
    for (const name of ['resnext50_32x4d', 'resnext50_32x4d.review', 'resnet18']) {
      const model = createModel(name);
      const { layers, kinds, total } = costSummary(model, { inputSize, depth });
      const whole = costOf(trace(model, inputSize, { training: false }).graph);
      expect(total).toMatchObject(whole);
      for (const parts of [layers, kinds]) {
        const sum = (key: 'parameters' | 'macs' | 'activations' | 'bytes' | 'macShare') =>
          parts.reduce((all, part) => all + part[key], 0);
        expect(sum('parameters')).toBe(whole.parameters);
        expect(sum('macs')).toBe(whole.macs);
        expect(sum('activations')).toBe(whole.activations);
        expect(sum('bytes')).toBe(total.bytes);
        expect(sum('macShare')).toBeCloseTo(1, 12);
      }
    }
  });

  it('counts a small network as a hand does, for the whole batch', () => {
    const model = new Sequential({
      conv: new Conv2d(4, 8, 3, { padding: 1, groups: 2 }),
      depthwise: new Conv2d(8, 8, 3, { padding: 1, groups: 8, bias: false }),
      relu: new ReLU(),
      flatten: new Flatten(),
      fc: new Linear(8 * 25, 10),
    });
    const { layers, kinds, conventions } = costSummary(model, { inputSize: [3, 4, 5, 5] });
    const pixels = 3 * 25;
    expect(layers[0]).toEqual({
      path: 'conv',
      kinds: ['3×3 grouped convolution'],
      outputShape: [3, 8, 5, 5],
      parameters: 8 * 2 * 9 + 8,
      macs: pixels * 8 * 2 * 9,
      macShare: (pixels * 144) / (pixels * 144 + pixels * 72 + 3 * 2000),
      activations: pixels * 8,
      bytes: 4 * (pixels * 4 + 144 + 8 + pixels * 8),
    });
    expect(kinds.map(({ kind }) => kind)).toEqual([
      '3×3 grouped convolution',
      'linear',
      '3×3 depthwise convolution',
      'ReLU',
      'flatten',
    ]);
    const macs = pixels * 144 + pixels * 72 + 3 * 2000;
    const values = Object.fromEntries(conventions.map(({ id, value }) => [id, value]));
    expect(values).toEqual({
      weights: macs,
      torchinfo: macs + pixels * 8 + 3 * 10,
      fvcore: macs,
      'thop-0.0': macs,
      // Biases of both layers, and one for each element of the ReLU.
      ptflops: macs + pixels * 8 + 3 * 10 + pixels * 8,
      'ptflops-aten': macs + pixels * 8 + 3 * 10,
      // The ReLU as a layer, and as the function that it calls.
      'ptflops-0.7.6': macs + pixels * 8 + 3 * 10 + 2 * pixels * 8,
      thop: macs,
      flops: 2 * macs,
    });
  });

  it('tells layers apart down to a depth, and a block from its parts', () => {
    expect(breakdown('resnet18', 1).layers.map(({ path }) => path)).toEqual([
      ...['conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4', 'avgpool', '', 'fc'],
    ]);
    const additions = breakdown('resnet18').layers.filter(({ kinds }) => kinds.includes('addition'));
    expect(additions.map(({ path }) => path)).toEqual(
      [1, 2, 3, 4].flatMap((stage) => [`layer${stage}.0`, `layer${stage}.1`]),
    );
  });
});

describe('conventions', () => {
  // torchvision's metadata, in 10⁹.
  it.each([
    ['resnet50', '4.089'],
    ['resnext50_32x4d', '4.230'],
    ['resnext101_32x8d', '16.414'],
    ['resnext101_64x4d', '15.460'],
  ])("weights: %s as torchvision's metadata has it", (name, gflops) => {
    expect((counted(name, 'weights') / 1e9).toFixed(3)).toBe(gflops);
  });

  // Printed to the last digit by people who ran either version on torchvision's networks.
  it.each([
    ['thop-0.0', 'resnet18', 1_819_066_368],
    ['thop-0.0', 'resnet34', 3_671_263_232],
    ['thop-0.0', 'resnet50', 4_111_514_624],
    ['thop-0.0', 'resnet101', 7_833_971_712],
    ['thop', 'resnet18', 1_824_033_792],
    ['thop', 'resnet50', 4_133_742_592],
    ['thop', 'resnet101', 7_866_435_584],
    ['thop', 'resnet152', 11_603_945_472],
  ] as const)('%s: %s', (id, name, macs) => {
    expect(counted(name, id)).toBe(macs);
  });

  // results/benchmark-infer-amp-nchw-pt210-cu121-rtx3090.csv of timm 0.9.16.
  it.each([
    ['resnet50', '4.11'],
    ['resnext50_32x4d', '4.26'],
    ['resnet50d', '4.35'],
    ['resnetv2_50', '4.11'],
    ['seresnext50_32x4d', '4.26'],
    ['ecaresnet50d', '4.35'],
    ['skresnext50_32x4d', '4.50'],
    ['resnetblur50', '5.16'],
    ['cspresnext50', '4.05'],
    ['mobilenetv2_100', '0.31'],
    ['mobilenetv3_large_100', '0.23'],
    ['efficientnet_b0', '0.40'],
    ['xception41', '9.28'],
    ['regnety_008', '0.81'],
    ['convnext_nano', '2.46'],
    ['convnext_tiny', '4.47'],
  ])("fvcore: %s as in timm's table, at its size", (name, gmacs) => {
    const { inputShape } = modelInfo(name);
    const { conventions } = costSummary(createModel(name), { inputSize: [1, ...inputShape] });
    const value = conventions.find(({ id }) => id === 'fvcore')?.value ?? NaN;
    expect((value / 1e9).toFixed(2)).toBe(gmacs);
  });

  // THOP's README: 4.29 and 16.54.
  it.each([
    ['thop-0.0', 'resnext50_32x4d', '4.26'],
    ['thop-0.0', 'resnet50', '4.11'],
    ['thop', 'resnext50_32x4d', '4.29'],
    ['thop', 'resnext101_32x8d', '16.54'],
  ] as const)('%s: %s in published tables', (id, name, gmacs) => {
    expect((counted(name, id) / 1e9).toFixed(2)).toBe(gmacs);
  });

  // Model zoo of MMPretrain (configs/resnet, configs/resnext).
  it.each([
    ['resnet18', '1.82'],
    ['resnet34', '3.68'],
    ['resnet50', '4.12'],
    ['resnet101', '7.85'],
    ['resnet152', '11.58'],
    ['resnext50_32x4d', '4.27'],
    ['resnext101_32x4d', '8.03'],
  ])('ptflops: %s as MMPretrain quotes it', (name, gflops) => {
    expect((counted(name, 'ptflops') / 1e9).toFixed(2)).toBe(gflops);
  });

  // Counted by the tools themselves: thop 0.1.1, ptflops 0.6.9 (0.7.0 is the same) and 0.7.6 (0.7.1 is the same).
  it.each([
    ['resnet18', 1_824_033_792, 1_822_177_768, 1_825_313_768, 1_814_074_344],
    ['resnet50', 4_133_742_592, 4_121_925_096, 4_132_436_968, 4_089_185_256],
    ['resnext50_32x4d', 4_288_184_320, 4_273_080_296, 4_286_878_696, 4_230_480_872],
  ])('%s to the last digit, by version', (name, thop, ptflops, ptflops076, aten) => {
    expect(counted(name, 'thop')).toBe(thop);
    expect(counted(name, 'ptflops')).toBe(ptflops);
    expect(counted(name, 'ptflops-0.7.6')).toBe(ptflops076);
    expect(counted(name, 'ptflops-aten')).toBe(aten);
  });

  // Counted by the tools themselves on torchvision's networks: ptflops 0.6.9 and 0.7.6, thop 0.1.1, torchinfo 1.8.0.
  it.each([
    ['mobilenetv3_large_100', 216_621_520, 228_356_576, 231_316_416, 234_838_456],
    ['efficientnet_b0', 385_867_108, 401_669_732, 410_196_896, 415_145_024],
    // torchvision's LayerNorm2d is a class of its own, which tools do not know: 828,672 elements.
    ['convnext_tiny', 322_371_592, 4_466_892_616, 4_488_347_368 + 828_672, 4_464_149_760 + 4 * 828_672],
  ])('%s to the last digit, of the lineage', (name, torchinfo, ptflops, ptflops076, thop) => {
    const { conventions } = breakdown(name);
    const values = Object.fromEntries(conventions.map(({ id, value }) => [id, value]));
    expect(values).toMatchObject({ torchinfo, ptflops, 'ptflops-0.7.6': ptflops076, thop });
  });

  // Counted by fvcore 0.1.6 on timm's networks.
  it.each([
    ['resnet50', 4_111_512_576],
    ['seresnext50_32x4d', 4_261_896_192],
    ['efficientnet_b0', 399_352_864],
    ['mobilenetv3_large_100', 225_436_416],
    ['regnety_008', 807_701_248],
    ['convnext_tiny', 4_470_437_376],
  ])('fvcore: %s to the last digit', (name, macs) => {
    expect(counted(name, 'fvcore')).toBe(macs);
  });

  it.each([
    ['an average pool', new AvgPool2d(3, { stride: 2 }), 239_184, 222_984, 229_376, 237_568],
    ['an adaptive one', new AdaptiveAvgPool2d(8), 229_888, 229_888, 229_376, 237_568],
  ])('%s: by its window, or its output, or its input', (_, pool, thop00, thop01, ptflops, ptflops076) => {
    const net = new Sequential(new Conv2d(3, 8, 3, { padding: 1, bias: false }), pool);
    const { conventions } = costSummary(net, { inputSize: [1, 3, 32, 32] });
    const values = Object.fromEntries(conventions.map(({ id, value }) => [id, value]));
    expect(values).toMatchObject({
      ...{ 'thop-0.0': thop00, thop: thop01, ptflops, 'ptflops-0.7.6': ptflops076 },
      'ptflops-aten': 221_184,
    });
  });

  it('fvcore: an average of a module called as a gate counts, a gate of another name does not', () => {
    class Averaged extends Module {
      readonly se = new AdaptiveAvgPool2d(1);
      readonly other = new SqueezeExcite(8);

      forward(x: Value): Value {
        return this.se(this.other(x));
      }
    }
    const { conventions, total } = costSummary(new Averaged(), { inputSize: [1, 8, 32, 32] });
    const fvcore = conventions.find(({ id }) => id === 'fvcore')?.value ?? NaN;
    expect(fvcore - total.macs).toBe(8 * 32 * 32);
  });

  it('counts what a layer with a bias, ReLU6, a sum, pools and a linear layer do as the tools did', () => {
    class Mixed extends Module {
      readonly conv = new Conv2d(3, 8, 3, { padding: 1 });
      readonly bn = new BatchNorm2d(8);
      readonly depthwise = new Conv2d(8, 8, 3, { padding: 1, groups: 8, bias: false });
      readonly fc = new Linear(32, 5);

      forward(x: Value): Value {
        const stem = F.relu6(this.bn(this.conv(x)));
        const pooled = F.avgPool2d(F.add(stem, this.depthwise(stem)), 3, { stride: 2 });
        // The tools saw AdaptiveAvgPool2d(2) of 7×7: windows of 4×4 that overlap by one, read here as they lie.
        return this.fc(
          F.flatten(F.adaptiveAvgPool2d(F.avgPool2d(F.maxPool2d(pooled, 2), 3, { stride: 4 }), 2)),
        );
      }
    }
    const { conventions } = costSummary(new Mixed(), { inputSize: [1, 3, 32, 32] });
    const value = (id: Convention['id']) => conventions.find((one) => one.id === id)?.value;
    expect(value('ptflops-aten')).toBe(303_269);
    // Beside what the tools counted, the average pool of 7×7 stands for itself: 8·49 inputs, and 32 of the adaptive one for 392.
    expect(value('ptflops')).toBe(338_229 + 32);
    expect(value('ptflops-0.7.6')).toBe(348_613 + 2 * 32);
  });

  it('torchinfo: the review, whose listing says 2.44 G for two pictures', () => {
    const { conventions } = costSummary(createModel('resnext50_32x4d.review'), {
      inputSize: [2, 3, 224, 224],
    });
    const value = conventions.find(({ id }) => id === 'torchinfo')?.value ?? NaN;
    expect((value / 1e9).toFixed(2)).toBe('2.44');
  });
});
