import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  F,
  Flatten,
  freeze,
  init,
  Linear,
  Module,
  ModuleList,
  Parameter,
  ReLU,
  Sequential,
} from '../../src/nn/index.ts';
import { summary } from '../../src/cost/summary.ts';

const inputSize = [2, 3, 224, 224];

describe('summary', () => {
  it("prints the review's listing, column for column", () => {
    const file = new URL('../fixtures/review-summary.txt', import.meta.url);
    const printed = String(summary(createModel('resnext50_32x4d.review'), { inputSize }));
    expect(printed.split('\n')).toEqual(readFileSync(file, 'utf8').trimEnd().split('\n'));
  });

  it("agrees with torchinfo's own test on ResNet-50", () => {
    const result = summary(createModel('resnet50'), { inputSize });
    const lines = String(result).split('\n');
    expect(lines).toContain('│    │    └─Sequential: 3-9              [2, 256, 56, 56]          16,896');
    expect(lines).toContain('│    │    └─ReLU: 3-148                  [2, 2048, 7, 7]           --');
    expect(lines.slice(-6, -1)).toEqual([
      '='.repeat(90),
      'Input size (MB): 1.20',
      'Forward/backward pass size (MB): 355.66',
      'Params size (MB): 102.23',
      'Estimated Total Size (MB): 459.10',
    ]);
    expect(lines).toContain('Total mult-adds (G): 8.18');
    expect(result.totalParams).toBe(25_557_032);
  });

  it('stops at the depth asked for, with everything below on the last line', () => {
    const { rows } = summary(createModel('resnet18'), { inputSize: [1, 3, 64, 64], depth: 1 });
    // torchinfo's test of ResNet-18 at depth 1.
    expect(rows.map(({ typeName, shownParams }) => [typeName, shownParams])).toEqual([
      ['ResNet', 0],
      ['Conv2d', 9408],
      ['BatchNorm2d', 128],
      ['ReLU', 0],
      ['MaxPool2d', 0],
      ['Sequential', 147_968],
      ['Sequential', 525_568],
      ['Sequential', 2_099_712],
      ['Sequential', 8_393_728],
      ['AdaptiveAvgPool2d', 0],
      ['Linear', 513_000],
    ]);
  });

  it('puts frozen parameters in parentheses and counts them apart', () => {
    const model = createModel('resnet18');
    freeze(model, ['conv1', 'bn1', 'layer1.0', 'layer2.0.bn1.bias', 'layer4']);
    const result = summary(model, { inputSize: [1, 3, 64, 64], depth: 2 });
    const column = new Map(
      result.rows.map(({ path }, index) => [path, String(result).split('\n')[index + 3]]),
    );
    const shown = (path: string) => column.get(path)?.split(/ {2,}/).at(-1);
    // torchinfo's way, as its test of a frozen network prints it.
    expect(shown('conv1')).toBe('(9,408)');
    expect(shown('bn1')).toBe('(128)');
    expect(shown('layer1.0')).toBe('(73,984)');
    expect(shown('layer1.1')).toBe('73,984');
    expect(shown('layer2.0')).toBe('230,144');
    expect(shown('layer4')).toBe('--');
    expect(shown('fc')).toBe('513,000');
    const frozen = 9408 + 128 + 73_984 + 128 + 8_393_728;
    expect(result.trainableParams).toBe(11_689_512 - frozen);
    expect(String(result)).toContain(`Non-trainable params: ${frozen.toLocaleString('en-US')}`);
  });

  it('shows containers that are never called, and modules called again', () => {
    class Net extends Module {
      readonly blocks: ModuleList;
      readonly relu = new ReLU();

      constructor() {
        super();
        const shared = new Conv2d(3, 3, 1);
        this.blocks = new ModuleList([shared, shared]);
      }

      forward(x: Value): Value {
        for (const block of this.blocks) x = block(x);
        return this.relu(x);
      }
    }
    const result = summary(new Net(), { inputSize: [1, 3, 4, 4] });
    expect(String(result).split('\n').slice(3, 8)).toEqual([
      'Net                                      [1, 3, 4, 4]              --',
      '├─ModuleList: 1-1                        --                        --',
      '│    └─Conv2d: 2-1                       [1, 3, 4, 4]              12',
      '│    └─Conv2d: 2-2                       [1, 3, 4, 4]              (recursive)',
      '├─ReLU: 1-2                              [1, 3, 4, 4]              --',
    ]);
    expect(result.totalParams).toBe(12);
    // Twelve parameters at 16 pixels, twice.
    expect(result.multAdds).toBe(2 * 12 * 16);
  });

  // torchinfo 1.8's own figures for these networks, written in PyTorch.
  describe('as torchinfo counts', () => {
    class Unused extends Module {
      readonly conv = new Conv2d(3, 8, 3);
      readonly aux = new Sequential(new Linear(8, 100));
      readonly pool = new AdaptiveAvgPool2d(1);
      readonly fc = new Linear(8, 5);

      forward(x: Value): Value {
        return this.fc(F.flatten(this.pool(this.conv(x))));
      }
    }

    it('modules that forward does not use, on the line of who holds them', () => {
      class Net extends Module {
        readonly block = new ModuleList([new Unused(), new Conv2d(1, 1, 1)]);
        readonly x = new Parameter([7], init.constant(0));
        readonly last = new ReLU();
        readonly frozen = new Linear(3, 3);

        forward(x: Value): Value {
          return this.last(this.block.at(0)(x));
        }
      }
      const small = summary(new Unused(), { inputSize: [2, 3, 8, 8] });
      expect(small.totalParams).toBe(1169);
      expect(small.multAdds).toBe(16_218);
      expect(small.forwardBackwardBytes).toBe(4688);

      const net = new Net();
      freeze(net, ['frozen']);
      const result = summary(net, { inputSize: [2, 3, 8, 8] });
      expect([result.totalParams, result.trainableParams]).toEqual([1190, 1178]);
      expect(String(result).split('\n').slice(3, 10)).toEqual([
        'Net                                      [2, 5]                    19',
        '├─ModuleList: 1-1                        --                        2',
        '│    └─Unused: 2-1                       [2, 5]                    900',
        '│    │    └─Conv2d: 3-1                  [2, 8, 6, 6]              224',
        '│    │    └─AdaptiveAvgPool2d: 3-2       [2, 8, 1, 1]              --',
        '│    │    └─Linear: 3-3                  [2, 5]                    45',
        '├─ReLU: 1-2                              [2, 5]                    --',
      ]);
      const shown = result.rows.reduce((total, { shownParams }) => total + shownParams, 0);
      expect(shown).toBe(1190);
    });

    it('the work of a tied weight where it works', () => {
      class Tied extends Module {
        readonly a = new Conv2d(4, 4, 3, { padding: 1 });
        readonly b = new Conv2d(4, 4, 3, { padding: 1 });
        readonly pool = new AdaptiveAvgPool2d(1);
        readonly fc = new Linear(4, 2);

        constructor() {
          super();
          Object.assign(this.b, { weight: this.a.weight });
        }

        forward(x: Value): Value {
          return this.fc(F.flatten(this.pool(this.b(this.a(x)))));
        }
      }
      const result = summary(new Tied(), { inputSize: [1, 4, 6, 6] });
      expect(result.multAdds).toBe(10_666);
      expect(result.forwardBackwardBytes).toBe(2320);
      // Each layer's line has all of its own; the total has the tensor once, as model.parameters() of PyTorch.
      expect(result.rows.map(({ shownParams }) => shownParams)).toEqual([0, 148, 148, 0, 10]);
      expect(result.totalParams).toBe(148 + 4 + 10);
    });
  });

  it('counts by what a layer does, not by what its class is called', () => {
    class Layer extends Conv2d {}
    class NotAConvolutionButALinear extends Linear {}
    const net = new Sequential(
      new Layer(3, 4, 3),
      new AdaptiveAvgPool2d(1),
      new Flatten(),
      new NotAConvolutionButALinear(4, 2),
    );
    // (108 + 4)·36 + 10: of a class called Layer torchinfo would count 112 alone.
    expect(summary(net, { inputSize: [1, 3, 8, 8] }).multAdds).toBe(112 * 36 + 10);
  });

  it('widens the first column for long names', () => {
    class AVeryLongNameForALinearLayerThatNeedsRoom extends Linear {}
    const net = new Sequential(new AVeryLongNameForALinearLayerThatNeedsRoom(4, 2));
    const [divider, header] = String(summary(net, { inputSize: [1, 4] })).split('\n');
    // 5 + 1 + 46 characters, rounded up to a multiple of five, and two columns of 25.
    expect(divider).toHaveLength(55 + 50);
    expect(header.indexOf('Output Shape')).toBe(56);
  });
});
