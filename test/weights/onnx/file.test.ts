import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../src/graph/value.ts';
import type { Preprocessing } from '../../../src/data/index.ts';
import { createModel, resnext } from '../../../src/models/index.ts';
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  F,
  Flatten,
  Hardsigmoid,
  Linear,
  Module,
  Sequential,
} from '../../../src/nn/index.ts';
import { exportOnnx, type OnnxExportOptions } from '../../../src/weights/onnx/export.ts';
import { ModelProtoSchema, type ModelProto, type ValueInfoProto } from '../../../src/weights/onnx/onnx_pb.ts';
import { fill, Formula, pixels } from '../../support/onnx-networks.ts';

async function exported(
  model: Module,
  options: Partial<OnnxExportOptions> & Pick<OnnxExportOptions, 'input'>,
): Promise<ModelProto> {
  return fromBinary(ModelProtoSchema, await exportOnnx(model, { name: 'network', ...options }));
}

function graphOf({ graph }: ModelProto): NonNullable<ModelProto['graph']> {
  if (graph === undefined) throw new Error('expected a graph');
  return graph;
}

/** Name, type and sizes of an input or output. */
function port({ name, type }: ValueInfoProto): unknown[] {
  const tensor = type?.value.value;
  return [name, tensor?.elemType, ...(tensor?.shape?.dim ?? []).map(({ value }) => value.value)];
}

function tensorsOf(model: ModelProto): Map<string, Float32Array> {
  return new Map(
    graphOf(model)
      .initializer.filter(({ dataType }) => dataType === 1)
      .map(({ name, rawData }) => [name, new Float32Array(new Uint8Array(rawData).buffer)]),
  );
}

const ops = (model: ModelProto) => graphOf(model).node.map(({ opType }) => opType);

const preprocessing: Preprocessing = {
  channels: 3,
  size: [64, 64],
  resize: 73,
  interpolation: 'bilinear',
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.25, 0.3],
};

describe('names', () => {
  const small = { layers: [1, 1, 1, 1], planes: 8, cardinality: 4, baseWidth: 32, numClasses: 5 };
  const model = fill(createModel('resnext', small), 1);

  test("tensors are PyTorch's, unchanged", async () => {
    const tensors = tensorsOf(await exported(model, { input: [3, 64, 64] }));
    const state = model.stateDict();
    const names = [...state.keys()].filter((name) => !name.endsWith('num_batches_tracked'));
    expect([...tensors.keys()].sort()).toEqual(names.sort());
    expect(names).toContain('layer1.0.downsample.1.running_var');
    for (const name of names) expect(tensors.get(name), name).toEqual(state.get(name)?.data);
  });

  test('nodes are called after their modules', async () => {
    const { node } = graphOf(await exported(model, { input: [3, 64, 64] }));
    const names = node.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      '/conv1/Conv',
      '/maxpool/MaxPool',
      '/layer1/0/conv2/Conv',
      '/layer1/0/bn2/BatchNormalization',
      '/layer1/0/relu/Relu_2',
      '/layer2/0/downsample/0/Conv',
      '/layer1/0/Add',
      '/avgpool/GlobalAveragePool',
      '/Flatten',
      '/fc/Gemm',
    ]) {
      expect(names).toContain(name);
    }
  });

  test('the file says what it is', async () => {
    const classes = ['ant', 'bee', 'crow', 'dog', 'élan'];
    const model5 = await exported(model, {
      input: [3, 64, 64],
      name: 'resnext',
      preprocessing,
      classes,
      metadata: { licence: 'MIT', options: '{"layers":[1,1,1,1]}' },
      producerVersion: '0.1.0',
    });
    expect([model5.producerName, model5.producerVersion, graphOf(model5).name]).toEqual([
      'cardinal',
      '0.1.0',
      'resnext',
    ]);
    expect(model5.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', 17n]]);
    const metadata = Object.fromEntries(model5.metadataProps.map(({ key, value }) => [key, value]));
    expect(metadata).toEqual({
      licence: 'MIT',
      options: '{"layers":[1,1,1,1]}',
      classes: JSON.stringify(classes),
      preprocessing: JSON.stringify(preprocessing),
    });
  });
});

test("hardsigmoid has the slope and the shift of PyTorch, which are not the operator's defaults", async () => {
  const model = new Sequential(new Conv2d(1, 2, 1), new Hardsigmoid());
  const last = graphOf(await exported(model, { input: [1, 4, 4] })).node.at(-1);
  expect(last?.opType).toBe('HardSigmoid');
  const attributes = Object.fromEntries(last?.attribute.map(({ name, f }) => [name, f]) ?? []);
  expect(attributes).toEqual({ alpha: Math.fround(1 / 6), beta: 0.5 });
});

describe('folding', () => {
  test('no norm is left in a ResNeXt, and the numbers are rounded once', async () => {
    const model = fill(resnext([1, 1], { planes: 8, cardinality: 4, baseWidth: 32 }), 2);
    const folded = await exported(model, { input: [3, 64, 64], foldBatchNorm: true });
    expect(ops(folded)).not.toContain('BatchNormalization');
    const tensors = tensorsOf(folded);
    const expected = model
      .namedParameters()
      .map(([name]) => name)
      .filter((name) => !/bn\d|downsample\.1/.test(name));
    const biases = expected.filter((name) => name !== 'fc.weight' && name !== 'fc.bias');
    expect([...tensors.keys()].sort()).toEqual(
      [...expected, ...biases.map((name) => name.replace('weight', 'bias'))].sort(),
    );

    const state = (name: string) => Number(model.stateDict().get(name)?.data[3]);
    const factor = state('bn1.weight') / Math.sqrt(state('bn1.running_var') + 1e-5);
    const shift = state('bn1.bias') - state('bn1.running_mean') * factor;
    const perChannel = 3 * 7 * 7;
    const kernel = Float32Array.from(model.stateDict().get('conv1.weight')?.data ?? [], Number).slice(
      3 * perChannel,
      4 * perChannel,
    );
    expect(tensors.get('conv1.weight')?.slice(3 * perChannel, 4 * perChannel)).toEqual(
      kernel.map((value) => value * factor),
    );
    expect(tensors.get('conv1.bias')?.[3]).toBeCloseTo(shift, 6);
  });

  /** A norm without a convolution, and convolutions whose result or weights others use. */
  class Stubborn extends Module {
    readonly norm = new BatchNorm2d(2);
    readonly twice = new Conv2d(2, 2, 1);
    readonly first = new BatchNorm2d(2);
    readonly second = new BatchNorm2d(2);
    readonly seen = new Conv2d(2, 2, 1);
    readonly third = new BatchNorm2d(2);
    readonly active = new Conv2d(2, 2, 1);
    readonly fourth = new BatchNorm2d(2);
    readonly alone = new Conv2d(2, 2, 1, { bias: false });
    readonly fifth = new BatchNorm2d(2);

    forward(x: Value): Value {
      const a = this.second(this.twice(this.first(this.twice(this.norm(x)))));
      const b = this.seen(a);
      const c = this.fourth(F.relu(this.active(F.add(b, this.third(b)))));
      return this.fifth(this.alone(c));
    }
  }

  test('a norm stays where its convolution is not its own', async () => {
    const { node } = graphOf(
      await exported(fill(new Stubborn(), 3), { input: [2, 4, 4], foldBatchNorm: true }),
    );
    const norms = node.filter(({ opType }) => opType === 'BatchNormalization').map(({ name }) => name);
    expect(norms).toEqual(
      ['norm', 'first', 'second', 'third', 'fourth'].map((name) => `/${name}/BatchNormalization`),
    );
    expect(node.at(-1)?.input.slice(1)).toEqual(['alone.weight', 'alone.bias']);
    expect(node.at(-1)?.output).toEqual(['logits']);
  });
});

describe('sizes', () => {
  const head = (pool: Module, features: number) =>
    new Sequential(new Conv2d(1, 2, 3), pool, new Flatten(), new Linear(features, 4));

  test('height and width are free where pooling is over the whole picture', async () => {
    const { input, output } = graphOf(
      await exported(createModel('resnet20_cifar', { numClasses: 4 }), { input: [3, 32, 32] }),
    );
    expect(input.map(port)).toEqual([['input', 1, 'N', 3n, 'H', 'W']]);
    expect(output.map(port)).toEqual([['logits', 1, 'N', 4n]]);
  });

  test('a result that is a picture is as large as its input says', async () => {
    const { output } = graphOf(await exported(new Conv2d(1, 2, 3), { input: [1, 8, 8] }));
    expect(output.map(port)).toEqual([['logits', 1, 'N', 2n, 'P', 'Q']]);
  });

  test.each([
    ['a window that happens to be the whole picture', head(new AvgPool2d(6), 2), 'GlobalAveragePool'],
    ['a window of ceilMode', head(new AvgPool2d(5, { ceilMode: true }), 2 * 4), 'AveragePool'],
    ['a size written by the network', head(new Formula((x) => F.adaptiveMaxPool2d(x, 2)), 2 * 4), 'MaxPool'],
    ['features for every pixel', pixels(), 'Flatten'],
  ])('they are as given with %s', async (_, model, op) => {
    const file = await exported(model, { input: [1, 8, 8] });
    expect(graphOf(file).input.map(port)).toEqual([['input', 1, 'N', 1n, 8n, 8n]]);
    expect(ops(file)).toContain(op);
  });

  test('pictures of bytes have any size', async () => {
    const { input } = graphOf(
      await exported(createModel('resnet20_cifar'), { input: [3, 64, 64], preprocessing }),
    );
    expect(input.map(port)).toEqual([['image', 2, 'N', 'H', 'W', 3n]]);
  });
});

describe('refusals', () => {
  const model = createModel('resnet20_cifar');

  test('a preprocessing for other pictures', async () => {
    const refused = exportOnnx(model, { input: [3, 32, 32], name: 'net', preprocessing });
    await expect(refused).rejects.toThrow(
      'net: expected a preprocessing that makes pictures of 3×32×32, got one for 3×64×64',
    );
  });

  test.each(['nearest', 'box', 'hamming', 'lanczos'] as const)(
    'a preprocessing that resizes by %s',
    async (interpolation) => {
      const refused = exportOnnx(createModel('resnet18'), {
        input: [3, 64, 64],
        name: 'net',
        preprocessing: { ...preprocessing, interpolation },
      });
      await expect(refused).rejects.toThrow(
        `net: expected pictures to be resized by bilinear or bicubic, got '${interpolation}'`,
      );
    },
  );

  test('another number of classes', async () => {
    const refused = exportOnnx(model, { input: [3, 32, 32], name: 'net', classes: ['cat'] });
    await expect(refused).rejects.toThrow('net: expected 10 names of classes, one for each output, got 1');
  });

  test("weights above protobuf's limit, before any is drawn", async () => {
    const large = new Sequential(new Flatten(), new Linear(2 ** 20, 2 ** 10));
    const refused = exportOnnx(large, { input: [1, 2 ** 10, 2 ** 10], name: 'large' });
    await expect(refused).rejects.toThrow(
      'large: expected at most 2 GiB, the limit of an ONNX file, got weights of 4.00 GiB',
    );
  });

  test('pictures that are too small', async () => {
    await expect(
      exportOnnx(createModel('inception_v4'), { input: [3, 40, 40], name: 'net' }),
    ).rejects.toThrow('the smallest that fits is');
  });

  test('maxima over windows that differ in size, which ONNX has no operator for', async () => {
    const uneven = new Formula((x) => F.flatten(F.adaptiveMaxPool2d(x, 5)));
    await expect(exportOnnx(uneven, { input: [1, 8, 8], name: 'net' })).rejects.toThrow(
      /ONNX has no max pooling of 8×8 to 5×5 over windows that differ in size; take an output size that divides/,
    );
  });
});
