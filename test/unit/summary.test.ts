import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { Conv2d, freeze, Linear, Module, ModuleList, ReLU, Sequential, summary } from '../../src/nn/index.ts';

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

  it('widens the first column for long names', () => {
    class AVeryLongNameForALinearLayerThatNeedsRoom extends Linear {}
    const net = new Sequential(new AVeryLongNameForALinearLayerThatNeedsRoom(4, 2));
    const [divider, header] = String(summary(net, { inputSize: [1, 4] })).split('\n');
    // 5 + 1 + 46 characters, rounded up to a multiple of five, and two columns of 25.
    expect(divider).toHaveLength(55 + 50);
    expect(header.indexOf('Output Shape')).toBe(56);
  });
});
