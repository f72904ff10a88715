import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { summary } from '../../src/cost/summary.ts';
import { countModel } from '../../src/cost/count-model.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/registry.ts';
import * as nn from '../../src/nn/index.ts';
import { moduleFrom, type ReplayedModule } from '../../src/nn/replayed.ts';
import { graphsOf, moduleData, type TracedInput } from '../../src/nn/traced.ts';
import { plainTarget } from '../../src/backends/cpu.ts';
import { tracedInputs } from '../../src/train/micro-batches.ts';
import { networkOf } from '../../src/train/network.ts';
import type { Module } from '../../src/nn/index.ts';
import { picture, runTraining, tinyModel, tinyRecipe, tinyRun } from '../support/tiny-training.ts';

/** As another thread gets it: nothing but its plain data. */
function sent(model: Module, inputs: readonly TracedInput[]): ReplayedModule {
  return moduleFrom(structuredClone(moduleData(model, inputs)));
}

/** Dropout, norms, a weight and a module that are used twice, names that a container orders, a layer without a bias. */
class Odd extends nn.Module {
  readonly stem = new nn.Conv2d(2, 4, 3, { padding: 1, bias: false });
  readonly shared = new nn.Sequential({
    b: new nn.BatchNorm2d(4),
    a: new nn.ReLU(),
    '3': new nn.Conv2d(4, 4, 1),
  });
  readonly again = this.shared;
  readonly drop = new nn.Dropout(0.25);
  readonly twice = new nn.Linear(64, 64);
  readonly tied = new nn.Linear(64, 64);
  readonly head = new nn.Linear(64, 3);

  constructor() {
    super();
    Object.assign(this.tied, { weight: this.twice.weight });
    this.displayName = 'odd';
  }

  forward(x: Value): Value {
    const y = this.again(this.drop(this.shared(this.stem(x))));
    const flat = nn.F.flatten(nn.F.add(y, nn.F.relu(y)), 1);
    return this.head(this.drop(this.tied(this.twice(flat))));
  }
}

const networks: readonly [string, Module, readonly number[]][] = [
  ['resnet20_cifar', createModel('resnet20_cifar'), [3, 32, 32]],
  ['resnext_cifar', createModel('resnext_cifar', { layers: 29, cardinality: 2, dropout: 0.1 }), [3, 32, 32]],
  ['mobilenetv1_100', createModel('mobilenetv1_100'), [3, 64, 64]],
  ["a program's own", new Odd(), [2, 4, 4]],
];
const optimizer = { kind: 'sgd', momentum: true, nesterov: false } as const;

describe.each(networks)('%s', (name, original, size) => {
  const copy = sent(
    original,
    [true, false].map((training) => ({ shape: [2, ...size], training })),
  );
  const description = { name, options: {} };

  test('has the same tensors, names, types and frozen parameters', () => {
    expect(copy.stateSpecs()).toEqual(original.stateSpecs());
    const weights = original.stateDict();
    const differing = [...copy.stateDict()].filter(
      ([path, { data }]) => !sameBytes(data, weights.get(path)?.data),
    );
    expect(differing).toEqual([]);
    expect(
      copy.namedModules().map(([path, { typeName, displayName }]) => [path, typeName, displayName]),
    ).toEqual(
      original.namedModules().map(([path, { typeName, displayName }]) => [path, typeName, displayName]),
    );
    expect(copy.namedParameters().map(([path]) => path)).toEqual(
      original.namedParameters().map(([path]) => path),
    );
    expect(nn.frozenParameters(copy)).toEqual(nn.frozenParameters(original));
  });

  test.each(['as it is', 'with its norms frozen', 'with some of them frozen'])(
    'is planned alike, %s',
    (how) => {
      const patterns =
        {
          'as it is': [],
          'with its norms frozen': normsOf(original),
          'with some of them frozen': normsOf(original).slice(0, 1),
        }[how] ?? [];
      const plans = [original, copy].map((model) => {
        nn.freeze(model, patterns);
        const network = networkOf(model, size, description);
        const planned = [
          network.planTraining(2, plainTarget, { optimizer, ema: true }),
          network.planInference(2, plainTarget),
        ];
        nn.unfreeze(model, patterns);
        return planned;
      });
      expect(plans[1]).toEqual(plans[0]);
    },
  );

  test('is summarised alike', () => {
    const inputSize = [2, ...size];
    expect(summary(copy, { inputSize }).toString()).toEqual(summary(original, { inputSize }).toString());
  });
});

function sameBytes(a: ArrayBufferView, b: ArrayBufferView | undefined): boolean {
  return b !== undefined && Buffer.from(a.buffer).equals(Buffer.from(b.buffer));
}

function normsOf(model: Module): string[] {
  return model.namedModules().flatMap(([path, module]) => (module instanceof nn.BatchNorm2d ? [path] : []));
}

test('trains to the same bytes, on the batches that a run may ask for', async () => {
  const recipe = tinyRecipe({ accumulate: 2, ema: { decay: 0.9 } });
  const inputs = tracedInputs(picture, { recipe, evaluated: [4] });
  const states = [];
  for (const send of [false, true]) {
    const model = tinyModel().initialize(7);
    const network = networkOf(send ? sent(model, inputs) : model, picture, { name: 'tiny', options: {} });
    const { result } = await runTraining(tinyRun(7, { network, recipe }));
    states.push({ result: JSON.stringify(result), weights: network.stateDict() });
  }
  expect(states[1]).toEqual(states[0]);
});

test('a run may ask for every part of its batch that training may be cut into, and for what evaluation may', () => {
  const inputs = tracedInputs([3, 8, 8], {
    recipe: tinyRecipe({ batchSize: 12, accumulate: 2 }),
    evaluated: [6],
  });
  const sizes = (wanted: boolean) =>
    inputs.flatMap(({ shape: [batch, ...rest], training }) => {
      expect(rest).toEqual([3, 8, 8]);
      return training === wanted ? [batch] : [];
    });
  expect(sizes(true)).toEqual([6, 4, 3, 2, 1]);
  expect(sizes(false)).toEqual([6, 3, 2, 1]);
});

describe('a network that came as data', () => {
  const input = { shape: [2, ...picture], training: false };
  const original = tinyModel().initialize(1);

  test('shares what the original shares, and takes weights', () => {
    const odd = sent(new Odd(), []);
    const [twice, tied] = ['twice', 'tied'].map((name) => new Map(odd.namedModules()).get(name));
    expect(twice?.ownParameters()[0][1]).toBe(tied?.ownParameters()[0][1]);
    expect(odd.namedChildren()[1][1]).toBe(odd.namedChildren()[2][1]);
    const copy = sent(original, []);
    const other = tinyModel().initialize(2).stateDict();
    copy.loadStateDict(other);
    expect([...copy.stateDict()]).toEqual([...other]);
    expect([...original.stateDict()]).not.toEqual([...other]);
  });

  test('is frozen in the original where it was, whatever was traced', () => {
    const model = tinyModel();
    nn.freeze(model, ['1']);
    const copy = sent(model, [{ ...input, training: true }]);
    expect(nn.frozenParameters(model)).toEqual(['1.weight', '1.bias']);
    expect(nn.frozenParameters(copy)).toEqual(['1.weight', '1.bias']);
  });

  test('is counted', () => {
    const one = { shape: [1, ...picture], training: false };
    expect(countModel(sent(original, [one]), picture)).toEqual(countModel(original, picture));
  });

  test('says which inputs it knows, and can be told of more', () => {
    const copy = sent(original, [input, { ...input, training: true }]);
    const wanted = { shape: [4, ...picture], training: true };
    expect(() => nn.trace(copy, wanted.shape, { training: true })).toThrow(
      'Sequential: it came as data, without what it does to 4×2×4×4 in training; it has 2×2×4×4, 2×2×4×4 in training',
    );
    expect(copy.lacks([input, wanted])).toEqual([wanted]);
    copy.add(structuredClone(graphsOf(original, [wanted])));
    expect(copy.lacks([input, wanted])).toEqual([]);
    expect(nn.trace(copy, wanted.shape, { training: true }).graph.nodes).toEqual(
      nn.trace(original, wanted.shape, { training: true }).graph.nodes,
    );
  });

  test('refuses what the original refuses, in its words, once it is asked for it', () => {
    const shape = [2, 2, 9, 9];
    const errorOf = (model: Module): unknown => {
      try {
        return nn.trace(model, shape, { training: false });
      } catch (error) {
        return error;
      }
    };
    const refused = errorOf(original);
    expect(refused).toBeInstanceOf(CardinalError);
    expect(errorOf(sent(original, [{ shape, training: false }]))).toMatchObject({
      message: (refused as Error).message,
    });
  });

  test('runs only as a whole, and is initialised before it is sent', () => {
    const copy = sent(original, [input]);
    const [part] = copy.children();
    expect(() => nn.trace(part, input.shape, { training: false })).toThrow(
      /Conv2d: is part of a network that came as data/,
    );
    expect(() => copy.initialize(3).stateDict()).toThrow(/cannot be initialised here: initialise it before/);
  });
});
