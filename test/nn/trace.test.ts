import { describe, expect, it } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Identity,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  trace,
} from '../../src/nn/index.ts';

const small = () =>
  new Sequential({
    conv: new Conv2d(3, 4, 3, { padding: 'same' }),
    bn: new BatchNorm2d(4, { eps: 1e-3, momentum: 0.2 }),
    relu: new ReLU(),
    drop1: new Dropout(0.1),
    skip: new Identity(),
    drop2: new Dropout(0.2),
    pool: new AdaptiveAvgPool2d(1),
    flat: new Flatten(),
    fc: new Linear(4, 10),
  });

describe('trace', () => {
  it('records evaluation without dropout, under the module paths', () => {
    const { graph, input, output } = trace(small(), [2, 3, 6, 6], { training: false });
    expect(graph.nodes.map(({ op, scope }) => `${scope} ${op}`)).toEqual([
      'conv conv2d',
      'bn batch_norm_inference',
      'relu relu',
      'pool avg_pool2d',
      'flat flatten',
      'fc linear',
    ]);
    expect(input.name).toBe('input');
    expect([output.name, output.shape]).toEqual(['logits', [2, 10]]);
    expect(graph.values.filter(({ role }) => role === 'buffer').map(({ name }) => name)).toEqual([
      'bn.running_mean',
      'bn.running_var',
    ]);
  });

  it("records training with the batch's statistics and one stream for each dropout", () => {
    const { graph } = trace(small(), [2, 3, 6, 6], { training: true });
    const dropouts = graph.nodes.filter((node) => node.op === 'dropout');
    expect(dropouts.map(({ attrs }) => attrs.p)).toEqual([0.1, 0.2]);
    expect(new Set(dropouts.map(({ attrs }) => attrs.stream)).size).toBe(2);
    expect(new Set(dropouts.map(({ inputs }) => inputs[1])).size).toBe(1);
    expect(graph.values.filter(({ role }) => role === 'input').map(({ name }) => name)).toEqual([
      'input',
      'dropout_seed',
    ]);
    const norm = graph.nodes.find((node) => node.op === 'batch_norm');
    expect(norm?.attrs).toEqual({ eps: 1e-3, momentum: 0.2, activation: 'none', residual: false });
    expect(norm?.outputs.map(({ shape }) => shape)).toEqual([[2, 4, 6, 6], [2, 4], [4]]);
  });

  // Sizes from PyTorch 1.13.
  it.each([
    [new Conv2d(3, 4, 3, { stride: 2, padding: 1, dilation: 2 }), [1, 3, 11, 8], [1, 4, 5, 3]],
    [new Conv2d(3, 6, [3, 1], { stride: [2, 1], padding: [1, 0], groups: 3 }), [1, 3, 7, 5], [1, 6, 4, 5]],
    [new MaxPool2d(3, { stride: 2, padding: 1 }), [1, 3, 9, 12], [1, 3, 5, 6]],
    [new MaxPool2d(3, { stride: 2, ceilMode: true }), [1, 3, 8, 12], [1, 3, 4, 6]],
    [new AvgPool2d(2), [1, 3, 9, 12], [1, 3, 4, 6]],
    [new AdaptiveAvgPool2d([2, 3]), [1, 3, 8, 12], [1, 3, 2, 3]],
  ])('infers shapes: case %#', (module, input, output) => {
    expect(trace(module, input, { training: false }).output.shape).toEqual(output);
  });

  it('tells which module a picture is too small for, and the smallest that fits', () => {
    expect(() => trace(new Sequential(new Conv2d(3, 4, 7)), [1, 3, 4, 4], { training: false })).toThrow(
      /^Sequential: input 3×4×4 is too small: 0: conv2d: .*; the smallest that fits is 3×7×7$/,
    );
    const halving = new Sequential(...[1, 2, 3].map(() => new Conv2d(3, 3, 3, { stride: 2 })));
    expect(() => trace(halving, [1, 3, 8, 8], { training: false })).toThrow(
      /2: .*smallest that fits is 3×15×15/,
    );
    expect(trace(halving, [1, 3, 15, 15], { training: false }).output.shape).toEqual([1, 3, 1, 1]);
  });

  it('lets padded strides go over a single pixel, as PyTorch does', () => {
    const halving = new Sequential(...[1, 2, 3].map(() => new Conv2d(3, 3, 3, { stride: 2, padding: 1 })));
    expect(trace(halving, [1, 3, 1, 4], { training: false }).output.shape).toEqual([1, 3, 1, 1]);
  });

  it('refuses, as PyTorch does, batch statistics of a single value', () => {
    const norm = new Sequential(new AdaptiveAvgPool2d(1), new BatchNorm2d(3));
    expect(() => trace(norm, [1, 3, 8, 8], { training: true })).toThrow(/one value per channel/);
    expect(trace(norm, [2, 3, 8, 8], { training: true }).output.shape).toEqual([2, 3, 1, 1]);
  });

  it('names the module when channels do not fit', () => {
    const net = new Sequential({ stem: new Conv2d(3, 8, 3), next: new Conv2d(4, 8, 3) });
    expect(() => trace(net, [1, 3, 9, 9], { training: false })).toThrow(
      /^Sequential: next: conv2d: expected 4 input/,
    );
  });

  it('refuses impossible input shapes', () => {
    expect(() => trace(small(), [0, 3, 8, 8], { training: false })).toThrow(
      /whole numbers above 0, got 0×3×8×8/,
    );
  });
});
