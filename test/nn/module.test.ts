import { describe, expect, it } from 'vitest';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import type { Value } from '../../src/graph/value.ts';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  F,
  init,
  Linear,
  Module,
  ModuleList,
  ReLU,
  Sequential,
  trace,
} from '../../src/nn/index.ts';

class Block extends Module {
  readonly conv: Conv2d;
  readonly bn = new BatchNorm2d(4);
  readonly relu = new ReLU();

  constructor() {
    super();
    this.conv = new Conv2d(4, 4, 3, { padding: 1, groups: 2 });
  }

  forward(x: Value): Value {
    return this.relu(F.add(this.bn(this.conv(x)), x));
  }
}

class Net extends Module {
  readonly stem = new Conv2d(3, 4, 1, { bias: false });
  readonly blocks = new ModuleList([new Block(), new Block()]);
  readonly head = new Sequential(new Dropout(0.5), new Linear(4, 2));

  forward(x: Value): Value {
    let out = this.stem(x);
    for (const block of this.blocks) out = block(out);
    return this.head(F.flatten(F.adaptiveAvgPool2d(out, 1)));
  }
}

const picture = [2, 3, 8, 8];

describe('Module', () => {
  it('is a function and an instance of its classes', () => {
    const net = new Net();
    expect(typeof net).toBe('function');
    expect(net).toBeInstanceOf(Net);
    expect(net).toBeInstanceOf(Module);
    expect(net.typeName).toBe('Net');
  });

  it('names parameters and buffers by attribute paths, in the order PyTorch has', () => {
    // From the same network written in PyTorch 1.13.
    expect([...new Net().stateDict().keys()]).toEqual([
      'stem.weight',
      ...[0, 1].flatMap((block) => [
        `blocks.${block}.conv.weight`,
        `blocks.${block}.conv.bias`,
        `blocks.${block}.bn.weight`,
        `blocks.${block}.bn.bias`,
        `blocks.${block}.bn.running_mean`,
        `blocks.${block}.bn.running_var`,
        `blocks.${block}.bn.num_batches_tracked`,
      ]),
      'head.1.weight',
      'head.1.bias',
    ]);
  });

  it('visits modules parents first, and applies children first', () => {
    const net = new Sequential({ a: new Block(), b: new ReLU() });
    expect(net.namedModules().map(([path]) => path)).toEqual(['', 'a', 'a.conv', 'a.bn', 'a.relu', 'b']);
    const applied: string[] = [];
    net.apply((module) => applied.push(module.typeName));
    expect(applied).toEqual(['Conv2d', 'BatchNorm2d', 'ReLU', 'Block', 'ReLU', 'Sequential']);
  });

  it('lists a shared module once, saves it under both names, and records one value for it', () => {
    const shared = new Conv2d(3, 3, 1, { bias: false });
    const net = new Sequential(shared, new ReLU(), shared);
    expect(net.namedParameters().map(([name]) => name)).toEqual(['0.weight']);
    expect([...net.stateDict().keys()]).toEqual(['0.weight', '2.weight']);
    const { graph } = trace(net, picture, { training: true });
    expect(graph.values.filter(({ role }) => role === 'parameter').map(({ name }) => name)).toEqual([
      '0.weight',
    ]);
    expect(graph.nodes.filter(({ op }) => op === 'conv2d')).toHaveLength(2);
  });

  it('lets Sequential be indexed, counted, spread and given as an array', () => {
    const last = new ReLU();
    const net = new Sequential([new Conv2d(3, 3, 1), last]);
    expect(net.length).toBe(2);
    expect(net.at(-1)).toBe(last);
    expect([...net]).toHaveLength(2);
    expect(() => net.at(2)).toThrow('Sequential: has 2 children, none at 2');
  });

  it('refuses to be called outside a trace', () => {
    const { input } = trace(new Net(), picture, { training: false });
    expect(() => new Net()(input)).toThrow(/Net: called outside a trace/);
  });
});

describe('state dicts', () => {
  it('round-trips, by copy', () => {
    const [from, to] = [new Net().initialize(1), new Net().initialize(2)];
    to.loadStateDict(from.stateDict());
    expect(to.stateDict()).toEqual(from.stateDict());
    from.stem.weight.data.fill(0);
    expect(to.stem.weight.data.some((value) => value !== 0)).toBe(true);
  });

  it('names what is missing, unexpected and mis-shaped on one line, and changes nothing', () => {
    const net = new Net().initialize(3);
    const before = net.stateDict().get('head.1.bias');
    const dict: StateDict = new Map(new Net().initialize(4).stateDict());
    dict.delete('stem.weight');
    dict.set('stem.weigth', f32([4, 3, 1, 1], new Float32Array(12)));
    dict.set('head.1.weight', f32([5, 4], new Float32Array(20)));
    const load = () => {
      net.loadStateDict(dict);
    };
    expect(load).toThrow(/missing stem\.weight \(stem\.weigth\?\); unexpected stem\.weigth; /);
    expect(load).toThrow(/head\.1\.weight: expected 2×4, got 5×4/);
    expect(load).not.toThrow(/\n/);
    expect(net.stateDict().get('head.1.bias')).toEqual(before);
  });

  it('ignores names if not strict, but never shapes', () => {
    const net = new Net();
    net.loadStateDict(new Map([['head.1.bias', f32([2], Float32Array.of(3, 4))]]), { strict: false });
    expect(net.stateDict().get('head.1.bias')?.data).toEqual(Float32Array.of(3, 4));
    expect(() => {
      net.loadStateDict(new Map([['head.1.bias', f32([1], new Float32Array(1))]]), { strict: false });
    }).toThrow(/expected 2, got 1/);
  });
});

describe('initialisation', () => {
  it('depends on the seed and the name alone', () => {
    const wide = new Sequential({ a: new Conv2d(3, 8, 3), b: new Conv2d(8, 8, 3) }).initialize(7);
    const alone = new Sequential({ b: new Conv2d(8, 8, 3) }).initialize(7);
    const other = new Sequential({ b: new Conv2d(8, 8, 3) }).initialize(8);
    const of = (net: Module) => net.stateDict().get('b.weight')?.data;
    expect(of(wide)).toEqual(of(alone));
    expect(of(wide)).not.toEqual(of(other));
  });

  it("draws within PyTorch's default bounds", () => {
    const conv = new Conv2d(32, 64, 3, { groups: 4 }).initialize(1);
    // fan_in = 32/4·3·3; Kaiming uniform with a = √5 is ±1/√fan_in.
    const bound = 1 / Math.sqrt(72);
    for (const parameter of conv.parameters()) {
      const largest = parameter.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).toBeLessThanOrEqual(Math.fround(bound));
      expect(largest).toBeGreaterThan(0.9 * bound);
    }
    expect(standardDeviation(conv.weight.data)).toBeCloseTo(bound / Math.sqrt(3), 3);
  });

  it('computes fan_out as PyTorch does, ignoring groups', () => {
    const conv = new Conv2d(64, 128, 3, { groups: 32 });
    init.kaimingNormal_(conv.weight, { mode: 'fan_out', nonlinearity: 'relu' });
    expect(init.fans(conv.weight.shape)).toEqual({ fanIn: 2 * 9, fanOut: 128 * 9 });
    expect(standardDeviation(conv.weight.data)).toBeCloseTo(Math.sqrt(2 / (128 * 9)), 2);
    expect(() => {
      init.kaimingNormal_(new BatchNorm2d(4).weight);
    }).toThrow(/at least two dimensions, got 4/);
    init.xavierUniform_(conv.weight);
    expect(standardDeviation(conv.weight.data)).toBeCloseTo(Math.sqrt(2 / (18 + 1152)), 2);
  });
});

describe('arguments', () => {
  it('names the divisors when groups do not divide', () => {
    expect(() => new Conv2d(12, 16, 3, { groups: 5 })).toThrow(
      'Conv2d: expected groups (the cardinality) to divide 12 input and 16 output channels, got 5; the nearest that does: 2 or 4',
    );
  });

  it.each([
    [() => new Conv2d(0, 4, 3), 'Conv2d: expected inChannels to be a whole number of at least 1, got 0'],
    [
      () => new Conv2d(3, 4, 3, { padding: -1 }),
      'Conv2d: expected padding to be a whole number of at least 0',
    ],
    [() => new Conv2d(3, 4, 2, { padding: 'same', stride: 2 }), "Conv2d: padding 'same' needs stride 1"],
    [() => new Dropout(1), 'Dropout: expected p of at least 0 and below 1, got 1'],
    [() => new BatchNorm2d(3, { momentum: 2 }), 'BatchNorm2d: expected momentum between 0 and 1, got 2'],
  ])('refuses %s', (make, message) => {
    expect(make).toThrow(message);
  });
});

function standardDeviation(data: Float32Array): number {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
}
