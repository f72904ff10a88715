import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import {
  BatchNorm2d,
  Conv2d,
  F,
  freeze,
  freezeExactly,
  frozenParameters,
  Linear,
  Module,
  ReLU,
  Sequential,
  trace,
  unfreeze,
} from '../../src/nn/index.ts';

const resnet = () => createModel('resnet18');
const under = (model: Module, keep: (name: string) => boolean) =>
  model
    .namedParameters()
    .map(([name]) => name)
    .filter(keep);

describe('freeze', () => {
  test.each<[string, (name: string) => boolean]>([
    ['conv1', (name) => name === 'conv1.weight'],
    ['layer1', (name) => name.startsWith('layer1.')],
    ['layer*.0.bn?', (name) => /^layer\d\.0\.bn\d\.(weight|bias)$/.test(name)],
    ['*.bias', (name) => name.endsWith('.bias')],
    ['layer2.0.downsample.1.weight', (name) => name === 'layer2.0.downsample.1.weight'],
    ['layer?.1.conv2', (name) => /^layer\d\.1\.conv2\./.test(name)],
  ])('%s freezes what it names and nothing else', (pattern, expected) => {
    const model = resnet();
    const names = under(model, expected);
    expect(names.length).toBeGreaterThan(0);
    expect(freeze(model, [pattern])).toEqual(names);
    expect(frozenParameters(model)).toEqual(names);
    expect(unfreeze(model, [pattern])).toEqual(names);
    expect(frozenParameters(model)).toEqual([]);
  });

  test.each([
    ['resnet18', ['fc.weight', 'fc.bias']],
    ['mobilenetv1_100', ['classifier.weight', 'classifier.bias']],
  ])('the backbone of %s is everything but its classifier', (name, head) => {
    const model = createModel(name);
    expect(freeze(model, ['backbone'])).toEqual(under(model, (path) => !head.includes(path)));
    expect(
      model
        .namedParameters()
        .filter(([, { requiresGrad }]) => requiresGrad)
        .map(([path]) => path),
    ).toEqual(head);
    unfreeze(model, ['backbone']);
    expect(frozenParameters(model)).toEqual([]);
  });

  test('a module that is called backbone is meant where there is one', () => {
    class Own extends Module {
      backbone = new Conv2d(3, 4, 1);
      neck = new Conv2d(4, 4, 1);
      fc = new Linear(4, 2);
      forward(x: Value): Value {
        return this.fc(F.flatten(this.neck(this.backbone(x)), 1));
      }
    }
    expect(freeze(new Own(), ['backbone'])).toEqual(['backbone.weight', 'backbone.bias']);
    // A convolution at the end: there is no classifier that the rest could be told from.
    expect(() =>
      freeze(new Sequential(new Linear(3, 4), new Linear(4, 4), new Conv2d(3, 4, 1)), ['backbone']),
    ).toThrow(/got 'backbone', which matches none/);
  });

  test('several patterns add up, in the order of the network', () => {
    const model = resnet();
    expect(freeze(model, ['bn1', 'conv1', 'bn1.bias'])).toEqual(['conv1.weight', 'bn1.weight', 'bn1.bias']);
    unfreeze(model, ['bn1.bias']);
    expect(frozenParameters(model)).toEqual(['conv1.weight', 'bn1.weight']);
  });

  test.each([
    [
      'layer',
      /^resnet18: expected .* got 'layer', which matches none; the nearest: layer\d, layer\d, layer\d$/,
    ],
    ['conv', /got 'conv', .* the nearest: conv1, /],
    ['layer1.0.conv1.wieght', /the nearest: layer1\.0\.conv1\.weight, /],
    ['relu', /got 'relu'/],
    ['layer1.', /got 'layer1\.'/],
    ['conv1|fc', /got 'conv1\|fc'/],
    ['', /got ''/],
  ])("'%s' matches nothing: refused, and nothing is changed", (pattern, message) => {
    const model = resnet();
    const call = () => freeze(model, ['fc', pattern]);
    expect(call).toThrow(UsageError);
    expect(call).toThrow(message);
    expect(frozenParameters(model)).toEqual([]);
  });

  test('a shared module is frozen by any of its paths', () => {
    const shared = new Conv2d(3, 3, 1, { bias: false });
    const model = new Sequential(shared, new ReLU(), shared);
    expect(freeze(model, ['2'])).toEqual(['0.weight']);
  });

  test('exactly these: others are trained again', () => {
    const model = resnet();
    freeze(model, ['layer1']);
    freezeExactly(model, ['conv1.weight', 'fc.bias']);
    expect(frozenParameters(model)).toEqual(['conv1.weight', 'fc.bias']);
    expect(() => {
      freezeExactly(model, ['fc.weight', 'fc.bais']);
    }).toThrow(/got 'fc\.bais', .* the nearest: fc\.bias/);
    expect(frozenParameters(model)).toEqual(['conv1.weight', 'fc.bias']);
  });

  test('drawing and loading weights leave it frozen', () => {
    const model = resnet();
    freeze(model, ['conv1']);
    model.initialize(3).loadStateDict(resnet().stateDict());
    expect(frozenParameters(model)).toEqual(['conv1.weight']);
  });
});

describe('a batch norm in training', () => {
  const opsOf = (...frozen: ('weight' | 'bias')[]) => {
    const norm = new BatchNorm2d(2);
    for (const name of frozen) norm[name].requiresGrad = false;
    return trace(norm, [2, 2, 3, 3], { training: true }).graph.nodes.map(({ op }) => op);
  };

  test('with both parameters frozen uses its running statistics', () => {
    expect(opsOf('weight', 'bias')).toEqual(['batch_norm_inference']);
  });

  test('with one of them frozen still takes the batch’s', () => {
    expect(opsOf()).toEqual(['batch_norm']);
    expect(opsOf('weight')).toEqual(['batch_norm']);
    expect(opsOf('bias')).toEqual(['batch_norm']);
  });

  test('frozen, may see one value per channel', () => {
    const norm = new BatchNorm2d(2);
    const traced = () => trace(norm, [1, 2, 1, 1], { training: true });
    expect(traced).toThrow(/more than one value per channel/);
    freeze(norm, ['weight', 'bias']);
    expect(traced).not.toThrow();
  });
});
