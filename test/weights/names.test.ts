import { describe, expect, test } from 'vitest';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { fittingModels, optionsFor } from '../../src/weights/fit.ts';
import { faultsOf, matchTensors, type Described } from '../../src/weights/match.ts';
import { readJson } from '../parity/tensors.ts';

/** How a program writes the names of one layer's tensors. */
type Layer = (name: string) => readonly string[];
const conv: Layer = (name) => [`${name}.weight`];
const norm: Layer = (name) =>
  ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'].map((part) => `${name}.${part}`);
const linear: Layer = (name) => [`${name}.weight`, `${name}.bias`];

/** The numbers 0 … n−1. */
const each = (n: number): number[] => Array.from({ length: n }, (_, index) => index);

/**
 * The names that each program's `state_dict()` has, written from its source file and in its order, beside the network of
 * ours that it is. Layers without parameters have no names.
 */
const programs: readonly (readonly [
  program: string,
  model: string,
  options: Record<string, unknown>,
  names: readonly string[],
])[] = [
  [
    // https://github.com/chenyaofo/pytorch-cifar-models/blob/master/pytorch_cifar_models/resnet.py
    'pytorch-cifar-models',
    'resnet20_cifar',
    { shortcut: 'B' },
    [
      ...conv('conv1'),
      ...norm('bn1'),
      ...each(3).flatMap((stage) =>
        each(3).flatMap((block) => {
          const at = `layer${stage + 1}.${block}`;
          const projection =
            stage > 0 && block === 0 ? [...conv(`${at}.downsample.0`), ...norm(`${at}.downsample.1`)] : [];
          return [
            ...conv(`${at}.conv1`),
            ...norm(`${at}.bn1`),
            ...conv(`${at}.conv2`),
            ...norm(`${at}.bn2`),
            ...projection,
          ];
        }),
      ),
      ...linear('fc'),
    ],
  ],
  [
    // https://github.com/kuangliu/pytorch-cifar/blob/master/models/resnet.py, ResNet50
    'pytorch-cifar',
    'resnext_cifar',
    { layers: [3, 4, 6, 3], cardinality: 1 },
    [
      ...conv('conv1'),
      ...norm('bn1'),
      ...[3, 4, 6, 3].flatMap((blocks, stage) =>
        each(blocks).flatMap((block) => {
          const at = `layer${stage + 1}.${block}`;
          const projection = block === 0 ? [...conv(`${at}.shortcut.0`), ...norm(`${at}.shortcut.1`)] : [];
          return [1, 2, 3]
            .flatMap((k) => [...conv(`${at}.conv${k}`), ...norm(`${at}.bn${k}`)])
            .concat(projection);
        }),
      ),
      ...linear('linear'),
    ],
  ],
  [
    // https://github.com/weiaicunzai/pytorch-cifar100/blob/master/models/resnet.py, resnet50
    'pytorch-cifar100',
    'resnext_cifar',
    { layers: [3, 4, 6, 3], cardinality: 1, numClasses: 100 },
    [
      ...conv('conv1.0'),
      ...norm('conv1.1'),
      ...[3, 4, 6, 3].flatMap((blocks, stage) =>
        each(blocks).flatMap((block) => {
          const at = `conv${stage + 2}_x.${block}`;
          const projection = block === 0 ? [...conv(`${at}.shortcut.0`), ...norm(`${at}.shortcut.1`)] : [];
          return [0, 3, 6]
            .flatMap((k) => [
              ...conv(`${at}.residual_function.${k}`),
              ...norm(`${at}.residual_function.${k + 1}`),
            ])
            .concat(projection);
        }),
      ),
      ...linear('fc'),
    ],
  ],
  [
    // https://github.com/prlz77/ResNeXt.pytorch/blob/master/models/model.py
    'resnext.pytorch',
    'resnext29_8x64d_cifar',
    {},
    [
      ...conv('conv_1_3x3'),
      ...norm('bn_1'),
      ...each(3).flatMap((stage) =>
        each(3).flatMap((block) => {
          const at = `stage_${stage + 1}.stage_${stage + 1}_bottleneck_${block}`;
          const projection =
            block === 0
              ? [...conv(`${at}.shortcut.shortcut_conv`), ...norm(`${at}.shortcut.shortcut_bn`)]
              : [];
          return [
            ...conv(`${at}.conv_reduce`),
            ...norm(`${at}.bn_reduce`),
            ...conv(`${at}.conv_conv`),
            ...norm(`${at}.bn`),
            ...conv(`${at}.conv_expand`),
            ...norm(`${at}.bn_expand`),
            ...projection,
          ];
        }),
      ),
      ...linear('classifier'),
    ],
  ],
  [
    // https://github.com/huggingface/transformers/blob/main/src/transformers/models/resnet/modeling_resnet.py
    'transformers',
    'resnet50',
    {},
    [
      ...conv('resnet.embedder.embedder.convolution'),
      ...norm('resnet.embedder.embedder.normalization'),
      ...[3, 4, 6, 3].flatMap((blocks, stage) =>
        each(blocks).flatMap((block) => {
          const at = `resnet.encoder.stages.${stage}.layers.${block}`;
          const projection =
            block === 0
              ? [...conv(`${at}.shortcut.convolution`), ...norm(`${at}.shortcut.normalization`)]
              : [];
          return [0, 1, 2]
            .flatMap((k) => [
              ...conv(`${at}.layer.${k}.convolution`),
              ...norm(`${at}.layer.${k}.normalization`),
            ])
            .concat(projection);
        }),
      ),
      ...linear('classifier.1'),
    ],
  ],
];

/** Cadene's pretrained-models.pytorch calls every classifier so, and the rest of these two as timm does. */
const cadene = (model: string, head: string) =>
  [...createModel(model).stateSpecs().keys()].map((name) => name.replace(`${head}.`, 'last_linear.'));

const pretrainedModels: typeof programs = [
  // https://github.com/Cadene/pretrained-models.pytorch/blob/master/pretrainedmodels/models/inceptionresnetv2.py
  ['pretrained-models', 'inception_resnet_v2', {}, cadene('inception_resnet_v2', 'classif')],
  // https://github.com/Cadene/pretrained-models.pytorch/blob/master/pretrainedmodels/models/xception.py
  ['pretrained-models-xception', 'xception', {}, cadene('xception', 'fc')],
];

describe.each([...programs, ...pretrainedModels])('names of %s', (program, model, options, names) => {
  const specs = createModel(model, options).stateSpecs();
  /** Both programs list layers in the order in which blocks have them, so shapes can be taken from ours one by one. */
  const ours = [...specs.values()];
  const tensors = new Map(names.map((name, index): [string, Described] => [name, ours[index]]));

  test('every name has its place and its own shape', () => {
    expect(names.length).toBe(specs.size);
    const match = matchTensors(tensors, specs);
    expect(match).toMatchObject({ missing: [], unexpected: [] });
    expect([...match.misshaped.values()]).toEqual([]);
    expect(match.nameMap.id).toBe(program);
  });

  test('the network is recognised, its options included', () => {
    const fit = fittingModels(tensors).find((found) => found.model === model);
    expect(fit?.nameMap).toBe(program);
    expect(fit?.options).toEqual(differing(model, options));
  });
});

/** Options that are not the defaults. */
function differing(model: string, options: Record<string, unknown>): Record<string, unknown> {
  const defaults: Record<string, unknown> = { ...modelInfo(model).options };
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key])),
  );
}

// https://github.com/akamaster/pytorch_resnet_cifar10/blob/master/resnet.py: option-A shortcuts have no names.
test.each([20, 32, 44, 56, 110, 1202])('the whole family of akamaster’s ResNet-%i has our names', (depth) => {
  const names = [
    ...conv('conv1'),
    ...norm('bn1'),
    ...each(3).flatMap((stage) =>
      each((depth - 2) / 6).flatMap((block) => {
        const at = `layer${stage + 1}.${block}`;
        return [1, 2].flatMap((k) => [...conv(`${at}.conv${k}`), ...norm(`${at}.bn${k}`)]);
      }),
    ),
    ...linear('linear'),
  ];
  const specs = createModel(`resnet${depth}_cifar`).stateSpecs();
  expect([...specs.keys()]).toEqual(names);
  expect(fittingModels(new Map<string, Described>(specs)).map(({ model }) => model)).toEqual([
    `resnet${depth}_cifar`,
  ]);
});

/** Names, shapes and counts of kuangliu/pytorch-cifar's networks, as PyTorch lists them: `scripts/fixtures/kuangliu.py`. */
const listings = readJson('kuangliu/listings.json') as Readonly<
  Record<string, { readonly parameters: number; readonly tensors: readonly string[] }>
>;

describe.each(Object.entries(listings))("kuangliu's %s", (model, { parameters, tensors: lines }) => {
  const tensors = new Map(
    lines.map((line): [string, Described] => {
      const [name, sizes] = line.split(' ');
      return [name, { dtype: 'F32', shape: sizes === '' ? [] : sizes.split('x').map(Number) }];
    }),
  );

  test('has our tensors, under its names and in our order', () => {
    expect(countModel(model).params).toBe(parameters);
    const specs = createModel(model).stateSpecs();
    const match = matchTensors(tensors, specs);
    expect([match.nameMap.id, faultsOf(match)]).toEqual(['pytorch-cifar', 0]);
    expect([...match.tensors.values()]).toEqual([...tensors.values()]);
    expect(match.tensors.size).toBe(specs.size);
  });

  test('is recognised as itself and as a free network, and as nothing else', () => {
    const [block, free] = model.startsWith('resnet')
      ? [Number(/\d+/.exec(model)?.[0]) >= 50, 'resnext_cifar']
      : [true, 'resnext_cifar.kuangliu'];
    const found = fittingModels(tensors).map((fit) => fit.model);
    expect(found).toEqual(block ? [model, free] : [model]);
  });
});

test('the free network of kuangliu tells its options', () => {
  for (const options of [
    { layers: [1, 2, 1], cardinality: 2, baseWidth: 6 },
    { layers: [2, 1], cardinality: 8, numClasses: 3, inChannels: 1, shortcut: 'A' as const },
  ]) {
    const specs = new Map<string, Described>(createModel('resnext_cifar.kuangliu', options).stateSpecs());
    expect(optionsFor('resnext_cifar.kuangliu', specs)).toEqual(options);
  }
  expect(() => createModel('resnext29_2x64d_cifar.kuangliu', { cardinality: 4 })).toThrow(
    /use the model resnext_cifar\.kuangliu to choose it/,
  );
});

describe('networks of the registry', () => {
  test.each(listModels())('%s tells its classes and channels', (model) => {
    const options = { numClasses: 7, inChannels: 1 };
    const specs = new Map<string, Described>(createModel(model, options).stateSpecs());
    expect(optionsFor(model, specs)).toEqual(options);
    expect(faultsOf(matchTensors(specs, createModel(model, options).stateSpecs()))).toBe(0);
  });

  test('weights are recognised as every network that they are of, and no other', () => {
    const specs = new Map<string, Described>(createModel('resnet50', { numClasses: 7 }).stateSpecs());
    expect(fittingModels(specs)).toEqual([
      { model: 'resnet50', options: { numClasses: 7 }, nameMap: 'torchvision' },
      { model: 'resnet50_1x64d', options: { numClasses: 7 }, nameMap: 'torchvision' },
      {
        model: 'resnext',
        options: { numClasses: 7, cardinality: 1, baseWidth: 64 },
        nameMap: 'torchvision',
      },
      {
        model: 'resnet',
        options: { numClasses: 7, layers: [3, 4, 6, 3], block: 'bottleneck' },
        nameMap: 'torchvision',
      },
      // Blur-pool and average pooling have no weights.
      { model: 'resnetblur50', options: { numClasses: 7 }, nameMap: 'torchvision' },
      { model: 'resnetaa50', options: { numClasses: 7 }, nameMap: 'torchvision' },
    ]);
  });

  test.each([
    ['resnext', { layers: [1, 2, 1], cardinality: 4, baseWidth: 24, planes: 32, shortcut: 'C' }],
    ['resnext', { layers: [1, 1, 1, 1], cardinality: 8, baseWidth: 14 }],
    ['resnext_cifar', { layers: [2, 2, 2], baseWidth: 16, planes: 8 }],
    ['resnext_cifar', { layers: [1, 2], shortcut: 'A' }],
    ['resnext', { layers: [1, 1, 1, 1], cardinality: 1, baseWidth: 134, depthwise: true }],
    ['resnext', { layers: [1, 2], cardinality: 3, baseWidth: 6, form: 'a' }],
    ['resnext_cifar', { layers: [2, 1], cardinality: 5, baseWidth: 3, shortcut: 'C', form: 'b' }],
    ['resnext50_32x4d', { form: 'a' }],
    ['resnet18', { shortcut: 'A' }],
    ['resnet20_cifar', { shortcut: 'B' }],
    ['resnet20_cifar', { shortcut: 'C', numClasses: 100 }],
  ])('a %s tells its options %j', (model, options) => {
    const specs = new Map<string, Described>(createModel(model, options).stateSpecs());
    expect(optionsFor(model, specs)).toEqual(options);
    expect(faultsOf(matchTensors(specs, createModel(model, optionsFor(model, specs)).stateSpecs()))).toBe(0);
  });

  test('weights of something else fit nothing, and nothing is thrown', () => {
    const shapes = {
      'conv1.weight': [3, 0, 1, 1],
      'layer1.0.conv3.weight': [],
      'layer1.0.conv2.weight': [5, 2],
    };
    const tensors = new Map(
      Object.entries(shapes).map(([name, shape]): [string, Described] => [name, { dtype: 'F32', shape }]),
    );
    expect(fittingModels(tensors)).toEqual([]);
  });

  test('numbers in names are not believed', () => {
    for (const at of ['layer4000000000.0', 'layer1.4000000000']) {
      const shapes = {
        'conv1.weight': [4, 3, 3, 3],
        [`${at}.conv2.weight`]: [4, 4, 3, 3],
        [`${at}.conv3.weight`]: [4, 4, 1, 1],
      };
      const tensors = new Map(
        Object.entries(shapes).map(([name, shape]): [string, Described] => [name, { dtype: 'F32', shape }]),
      );
      expect(fittingModels(tensors)).toEqual([]);
    }
  });
});
