import { afterAll, describe, expect, it, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { concat } from '../../src/base/concat.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import type { Value } from '../../src/graph/value.ts';
import { bottlenecks } from '../../src/models/bottlenecks.ts';
import type { Form } from '../../src/models/options.ts';
import { convertForm, createModel, Block } from '../../src/models/index.ts';
import { countModel } from '../../src/cost/count-model.ts';
import {
  BatchNorm2d,
  Conv2d,
  F,
  Flatten,
  Linear,
  Module,
  ModuleList,
  ReLU,
  Sequential,
} from '../../src/nn/index.ts';
import { compile } from '../../src/session/compile.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { fill, noise } from '../support/onnx-networks.ts';

const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/**
 * Always the same numbers: with others, now and then, the input of some ReLU lies within rounding of zero, and two forms
 * decide differently whether its gradient passes.
 */
const seed = 11;
const forms: readonly Form[] = ['a', 'b', 'c'];
const batch = 2;
const side = 6;

interface BlockCase {
  readonly cardinality: number;
  readonly width: number;
  readonly stride: number;
  readonly inChannels: number;
  readonly planes: number;
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
}

const blockCases: readonly BlockCase[] = [
  { cardinality: 1, width: 6, stride: 1, inChannels: 16, planes: 4, shortcut: 'B' },
  { cardinality: 2, width: 5, stride: 2, inChannels: 8, planes: 4, shortcut: 'B' },
  { cardinality: 4, width: 4, stride: 1, inChannels: 16, planes: 4, shortcut: 'none' },
  { cardinality: 8, width: 1, stride: 2, inChannels: 12, planes: 8, shortcut: 'A' },
  { cardinality: 3, width: 3, stride: 1, inChannels: 7, planes: 3, shortcut: 'C' },
  { cardinality: 32, width: 4, stride: 1, inChannels: 32, planes: 8, shortcut: 'B' },
];

function blockOf(form: Form, { cardinality, width, stride, inChannels, planes, shortcut }: BlockCase): Block {
  const widthPerGroup = ((width + 0.5) * 64) / planes;
  return new bottlenecks[form](inChannels, planes, { stride, groups: cardinality, widthPerGroup, shortcut });
}

/** A convolution before the block, whose gradient tells that of the block's input, and a classifier that sees every pixel. */
function around(block: Module, inChannels: number, outSize: number): Module {
  return new Sequential({
    stem: new Conv2d(3, inChannels, 3, { padding: 1, bias: false }),
    block,
    flatten: new Flatten(),
    fc: new Linear(outSize, 5),
  });
}

/** Filled as form (c), then converted: the same network in each form. */
function networks(blockCase: BlockCase): ReadonlyMap<Form, Module> {
  const { inChannels, planes, stride } = blockCase;
  const outSize = 4 * planes * Math.ceil(side / stride) ** 2;
  const build = (form: Form) => around(blockOf(form, blockCase), inChannels, outSize);
  const state = fill(build('c'), seed).stateDict();
  return new Map(
    forms.map((form) => {
      const network = build(form);
      network.loadStateDict(convertForm(state, form));
      return [form, network];
    }),
  );
}

/** The largest relative distance of two state dicts' floats; names must be the same. */
function farthest(actual: StateDict, expected: StateDict, floor: number): number {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  return Math.max(
    ...[...expected].map(([name, tensor]) => {
      const other = actual.get(name);
      if (tensor.dtype !== 'F32' || other?.dtype !== 'F32') return 0;
      return relativeDistance(other.data, tensor.data, floor);
    }),
  );
}

const input = { shape: [batch, 3, side, side], data: noise(batch * 3 * side * side, Rng.of(seed, 'input')) };

describe.each(kinds)('the three forms of a block on $name', ({ backends }) => {
  const backend = backends[1] ?? backends[0];

  test.each(blockCases)(
    'C = $cardinality, d = $width, stride $stride, shortcut $shortcut: outputs and every gradient are equal',
    async (blockCase) => {
      const built = networks(blockCase);
      const results = new Map<Form, Awaited<ReturnType<typeof computeGradients>>>();
      const outputs = new Map<Form, Float32Array>();
      for (const [form, network] of built) {
        results.set(form, await computeGradients(network, { backend, input, target: [3, 1] }));
        // In evaluation as well, with running statistics and norms folded into convolutions.
        const compiled = await compile(network, { input: input.shape, backend });
        outputs.set(form, (await compiled.forward(input.data)).data);
        await compiled.dispose();
      }
      const grouped = results.get('c');
      const expected = outputs.get('c');
      if (grouped === undefined || expected === undefined) throw new Error('form c was not computed');
      expect(grouped.gradients.size).toBeGreaterThan(9);
      for (const form of ['a', 'b'] as const) {
        const result = results.get(form);
        if (result === undefined) throw new Error(`form ${form} was not computed`);
        expect(relativeDistance(outputs.get(form) ?? new Float32Array(), expected)).toBeLessThan(1e-5);
        expect(relativeDistance(result.logits.data, grouped.logits.data)).toBeLessThan(1e-5);
        expect(farthest(convertForm(result.gradients, 'c'), grouped.gradients, 1e-6)).toBeLessThan(1e-5);
        expect(farthest(convertForm(result.buffers, 'c'), grouped.buffers, 1e-6)).toBeLessThan(1e-5);
      }
    },
  );
});

describe('convertForm', () => {
  const options = { layers: [1, 2], planes: 8, cardinality: 4, baseWidth: 16, numClasses: 3 };
  const inForm = (form: Form) => fill(createModel('resnext', { ...options, form }), seed);

  it.each(forms.flatMap((from) => forms.map((to) => [from, to] as const)))(
    'gives a whole network of form %s its place in form %s, and back',
    (from, to) => {
      const state = inForm(from).stateDict();
      const converted = convertForm(state, to);
      const target = createModel('resnext', { ...options, form: to });
      target.loadStateDict(converted);
      // The order is PyTorch's as well.
      expect([...converted.keys()]).toEqual([...target.stateDict().keys()]);
      expect(convertForm(converted, from)).toEqual(state);
    },
  );

  it('has as many parameters and MACs in each form', () => {
    const counts = forms.map((form) => countModel('resnext50_32x4d', undefined, { form }));
    for (const { params, macs } of counts) expect([params, macs]).toEqual([25_028_904, counts[2].macs]);
    // (a) ends every path with a convolution of its own: more to store, which is one reason for (c).
    expect(counts[0].activations).toBeGreaterThan(counts[1].activations);
    expect(counts[1].activations).toBe(counts[2].activations);
  });

  it('begins networks of every form with weights of the same size', () => {
    const deviation = (form: Form, layer: string) => {
      const weights = createModel('resnext', { layers: [1], cardinality: 32, baseWidth: 4, form })
        .namedParameters()
        .filter(([name]) => name.startsWith('layer1.0.') && name.endsWith(`${layer}.weight`))
        .flatMap(([, { data }]) => [...data]);
      return Math.sqrt(weights.reduce((sum, value) => sum + value ** 2, 0) / weights.length);
    };
    for (const layer of ['conv1', 'conv2', 'conv3']) {
      for (const form of ['a', 'b'] as const) {
        expect(deviation(form, layer) / deviation('c', layer), `${layer} of ${form}`).toBeCloseTo(1, 1);
      }
    }
  });

  it('leaves alone what is no bottleneck', () => {
    const state = createModel('resnet18').stateDict();
    expect(convertForm(state, 'a')).toEqual(state);
  });

  it('refuses what is no whole block, on one line', () => {
    const state = convertForm(inForm('c').stateDict(), 'a');
    const without = new Map([...state].filter(([name]) => name !== 'layer2.1.paths.2.bn1.bias'));
    expect(() => convertForm(without, 'c')).toThrow(
      /^convertForm: expected bn1\.bias in each of the 4 paths of layer2\.1, got it in 3$/,
    );
    state.set('layer1.0.paths.1.bn2.num_batches_tracked', {
      dtype: 'I64',
      shape: [],
      data: BigInt64Array.of(7n),
    });
    expect(() => convertForm(state, 'c')).toThrow(
      /same number in bn2\.num_batches_tracked of all paths of layer1\.0, got 0 and 7$/,
    );
  });
});

/** C paths of two 3×3 convolutions, summed: what Figure 4 of the paper has on its left. */
class TwoLayerPaths extends Module {
  readonly paths: ModuleList;
  readonly bn2: BatchNorm2d;

  constructor(inChannels: number, width: number, outChannels: number, cardinality: number) {
    super();
    this.paths = new ModuleList(
      Array.from({ length: cardinality }, () => twoConvolutions(inChannels, width, outChannels)),
    );
    this.bn2 = new BatchNorm2d(outChannels);
  }

  forward(x: Value): Value {
    return this.bn2(
      this.paths
        .children()
        .map((path) => path(x))
        .reduce((sum, path) => F.add(sum, path)),
    );
  }
}

function twoConvolutions(inChannels: number, width: number, outChannels: number): Sequential {
  return new Sequential({
    conv1: new Conv2d(inChannels, width, 3, { padding: 1, bias: false }),
    bn1: new BatchNorm2d(width),
    relu: new ReLU(),
    conv2: new Conv2d(width, outChannels, 3, { padding: 1, bias: false }),
  });
}

describe.each(kinds)('blocks of two layers on $name', ({ backends }) => {
  // Section 3.3 and Figure 4: "the reformulations lead to trivially a wide, dense module".
  test('C paths of width d, summed, are one dense block of width C·d', async () => {
    const [cardinality, width, channels] = [4, 3, 8];
    const paths = new TwoLayerPaths(channels, width, channels, cardinality);
    const wide = new Sequential({
      body: twoConvolutions(channels, cardinality * width, channels),
      bn2: new BatchNorm2d(channels),
    });
    const [summed, dense] = [paths, wide].map((block) => around(block, channels, channels * side * side));
    fill(summed, seed);
    dense.loadStateDict(widened(summed.stateDict()));

    const given = { backend: backends[0], input, target: [0, 4] };
    const a = await computeGradients(summed, given);
    const b = await computeGradients(dense, given);
    expect(relativeDistance(a.logits.data, b.logits.data)).toBeLessThan(1e-5);
    expect(farthest(widened(a.gradients), b.gradients, 1e-6)).toBeLessThan(1e-5);
    // Nothing is grouped in it, and nothing saved: every weight of the wide block is one of a path.
    const params = (model: Module) => countModel(model, [3, side, side]).params;
    expect(params(dense)).toBe(params(summed));
  });
});

/** The paths' tensors side by side: the last convolutions along their inputs, all else along outputs. */
function widened(state: StateDict): StateDict {
  const result: StateDict = new Map();
  for (const [name, tensor] of state) {
    const match = /^block\.paths\.\d+\.(.*)$/.exec(name);
    if (match === null) {
      result.set(name, tensor);
      continue;
    }
    const parts = Array.from({ length: 4 }, (_, path) => state.get(`block.paths.${path}.${match[1]}`));
    const floats = parts.filter((part) => part?.dtype === 'F32');
    const axis = match[1].startsWith('conv2') ? 1 : 0;
    result.set(`block.body.${match[1]}`, floats.length === 0 ? tensor : concat(floats, axis));
  }
  return result;
}
