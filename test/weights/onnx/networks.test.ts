import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { Value } from '../../../src/graph/value.ts';
import {
  BasicBlock,
  CifarResNet,
  createModel,
  ResNet,
  resnext,
  resnextCifar,
} from '../../../src/models/index.ts';
import {
  BatchNorm2d,
  BlurPool2d,
  Conv2d,
  ConvTranspose2d,
  F,
  Flatten,
  GELU,
  GlobalResponseNorm,
  GroupNorm,
  Hardsigmoid,
  Hardswish,
  LayerNorm,
  LayerNorm2d,
  LeakyReLU,
  Linear,
  Module,
  Sequential,
  SiLU,
  Sigmoid,
  Upsample,
} from '../../../src/nn/index.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { compile } from '../../../src/session/compile.ts';
import { exportOnnx } from '../../../src/weights/onnx/export.ts';
import { relativeDistance } from '../../support/compare.ts';
import { seed } from '../../support/seed.ts';
import { Functions } from '../../support/functions.ts';
import { fill, Formula, noise } from '../../support/onnx-networks.ts';
import { OnnxRuntime } from '../../support/onnxruntime.ts';

const backend = await createNodeBackend({ threads: 1 });

afterAll(() => backend.dispose());

type Picture = readonly [number, number, number];

/** Our logits and ONNX Runtime's, for `batch` pictures of noise of one size. */
async function compare(
  model: Module,
  runtime: OnnxRuntime,
  batch: number,
  picture: Picture,
): Promise<number> {
  const shape = [batch, ...picture];
  const input = noise(sizeOf(shape), Rng.of(seed, 'input', batch));
  const compiled = await compile(model, { input: shape, backend });
  const ours = await compiled.forward(input);
  await compiled.dispose();
  const theirs = await runtime.run(input, shape);
  expect(theirs.dims).toEqual(ours.shape);
  return relativeDistance(theirs.data, ours.data);
}

const small = { layers: [1, 2, 1, 1], planes: 8, cardinality: 4, baseWidth: 32, numClasses: 7 };
const cifar = { layers: [1, 2, 1], planes: 8, cardinality: 2, baseWidth: 64 };

/** What grew on residual networks, in all its kinds. */
const parts: readonly (readonly [title: string, options: object])[] = [
  ['a deep stem, averages, SE', { stem: 'deep', avgDown: true, antialias: 'avg', attention: 'se' }],
  [
    'a tiered stem, blur-pool, ECA',
    { stem: 'deep_tiered', avgDown: true, antialias: 'blur', attention: 'eca' },
  ],
  ['SK', { attention: 'sk', stemMultiplier: 2 }],
  ['GC and SiLU', { attention: 'gc', reduction: 8, activation: 'silu' }],
];
const tiered = { planes: 16, layers: [1, 1], numClasses: 6 };
const preActivated = { layers: [1, 2], planes: 8, stem: 'deep', avgDown: true, attention: 'se' };
const short = { widthMultiplier: 0.2, layers: [1, 1, 2, 1], numClasses: 6 };

const narrow = { widthMultiplier: 0.125, numClasses: 6 };

function activations(): Module {
  const smooth = [new SiLU(), new Hardswish(), new Sigmoid(), new GELU(), new GELU({ approximate: 'tanh' })];
  const all = [...smooth, new LeakyReLU(), new LeakyReLU(0.3), new Hardsigmoid()];
  const layers = all.flatMap((one) => [
    new Conv2d(3, 3, 1),
    new BatchNorm2d(3),
    one,
    new Conv2d(3, 3, 1),
    one,
  ]);
  return new Sequential(...layers, new Flatten(), new Linear(3 * 16 * 16, 5));
}

const families: readonly (readonly [name: string, model: () => Module, picture: Picture])[] = [
  ['resnet of basic blocks', () => new ResNet(BasicBlock, [1, 2, 1, 1], { planes: 8 }), [3, 64, 64]],
  ['resnet of bottlenecks', () => createModel('resnet50', { numClasses: 5 }), [3, 64, 48]],
  ['resnext50_32x4d', () => createModel('resnext50_32x4d'), [3, 64, 64]],
  ['resnext50_32x4d.review', () => createModel('resnext50_32x4d.review', { numClasses: 9 }), [3, 64, 64]],
  ['resnext, grey pictures', () => createModel('resnext', { ...small, inChannels: 1 }), [1, 64, 64]],
  ['resnext with dropout', () => createModel('resnext', { ...small, dropout: 0.4 }), [3, 64, 64]],
  ['resnext, shortcut A', () => createModel('resnext', { ...small, shortcut: 'A' }), [3, 65, 71]],
  ['resnext, shortcut C', () => createModel('resnext', { ...small, shortcut: 'C' }), [3, 64, 64]],
  ['resnext, no shortcut', () => createModel('resnext', { ...small, shortcut: 'none' }), [3, 64, 64]],
  ['resnext, form (a)', () => createModel('resnext', { ...small, form: 'a' }), [3, 64, 64]],
  ['resnext, form (b)', () => createModel('resnext', { ...small, form: 'b' }), [3, 64, 64]],
  ['resnext_cifar', () => createModel('resnext_cifar', { ...cifar, shortcut: 'B' }), [3, 32, 32]],
  ['resnext_cifar, depthwise', () => resnextCifar([1, 1], { cardinality: 64, baseWidth: 1 }), [3, 32, 32]],
  ['resnet20_cifar, shortcut A', () => createModel('resnet20_cifar', { dropout: 0.1 }), [3, 32, 32]],
  ['resnext, depthwise', () => createModel('resnext', { ...small, depthwise: true }), [3, 64, 64]],
  ['inception_v4', () => createModel('inception_v4', { ...narrow, layers: [1, 1, 1] }), [3, 107, 107]],
  [
    'inception_resnet_v2',
    () => createModel('inception_resnet_v2', { ...narrow, layers: [1, 1, 1] }),
    [3, 107, 107],
  ],
  ['mobilenetv1_100', () => createModel('mobilenetv1_100', narrow), [3, 64, 64]],
  ['xception', () => createModel('xception', narrow), [3, 71, 71]],
  ['mobilenetv2_100', () => createModel('mobilenetv2_100', narrow), [3, 64, 64]],
  ['mobilenetv3_small_100', () => createModel('mobilenetv3_small_100', narrow), [3, 64, 64]],
  ['mobilenet_v3_small', () => createModel('mobilenet_v3_small', narrow), [3, 64, 64]],
  ['tf_efficientnet_b0', () => createModel('tf_efficientnet_b0', narrow), [3, 62, 65]],
  [
    'efficientnetv2_rw_s',
    () => createModel('efficientnetv2_rw_s', { ...narrow, depthMultiplier: 0.2 }),
    [3, 64, 64],
  ],
  ['shufflenet_v2_x0_5', () => createModel('shufflenet_v2_x0_5', narrow), [3, 64, 64]],
  ['xception41', () => createModel('xception41', narrow), [3, 71, 71]],
  ...parts.map(
    ([title, options]) =>
      [`resnext, ${title}`, () => createModel('resnext', { ...small, ...options }), [3, 64, 64]] as const,
  ),
  ['resnetv2, averaged projections', () => createModel('resnetv2', preActivated), [3, 64, 64]],
  ['legacy_seresnext26_32x4d', () => createModel('legacy_seresnext26_32x4d', { planes: 16 }), [3, 64, 64]],
  ['resnext26ts', () => createModel('resnext26ts', tiered), [3, 64, 64]],
  ['bat_resnext26ts', () => createModel('bat_resnext26ts', tiered), [3, 64, 128]],
  ['cspresnext50', () => createModel('cspresnext50', { widthMultiplier: 0.25, layers: [1, 1] }), [3, 64, 64]],
  ['regnetx_002', () => createModel('regnetx_002', { widthMultiplier: 0.34 }), [3, 64, 64]],
  ['regnety_008_tv', () => createModel('regnety_008_tv', { widthMultiplier: 0.15 }), [3, 61, 70]],
  ['convnext_atto', () => createModel('convnext_atto', short), [3, 64, 64]],
  ['convnext_tiny', () => createModel('convnext_tiny', short), [3, 61, 70]],
  ['mobilenetv3_large_100', () => createModel('mobilenetv3_large_100', narrow), [3, 64, 64]],
  ['efficientnet_b0', () => createModel('efficientnet_b0', narrow), [3, 64, 64]],
  ['semnasnet_100', () => createModel('semnasnet_100', narrow), [3, 64, 64]],
  ['every activation, alone and behind a norm', activations, [3, 16, 16]],
  ['functions of F', () => new Functions(), [3, 4, 5]],
  ['resnet for CIFAR, shortcut B', () => new CifarResNet([1, 1, 1], { shortcut: 'B' }), [3, 33, 27]],
];

describe.each(families)('%s', (name, build, picture) => {
  const model = fill(build(), seed);

  test.each([false, true])("has ONNX Runtime's logits, batch norm folded: %s", async (foldBatchNorm) => {
    const runtime = await OnnxRuntime.open(await exportOnnx(model, { input: picture, name, foldBatchNorm }));
    expect([runtime.inputs, runtime.outputs]).toEqual([['input'], ['logits']]);
    for (const batch of [1, 3]) {
      expect(await compare(model, runtime, batch, picture), `batch ${batch}`).toBeLessThan(1e-5);
    }
    await runtime.dispose();
  });
});

test('pictures of other sizes than the exported', async () => {
  const model = fill(
    resnext([1, 1, 1, 1], { planes: 8, cardinality: 4, baseWidth: 32, numClasses: 6 }),
    seed,
  );
  const runtime = await OnnxRuntime.open(await exportOnnx(model, { input: [3, 64, 64], name: 'resnext' }));
  for (const [h, w] of [
    [33, 64],
    [95, 130],
  ]) {
    expect(await compare(model, runtime, 2, [3, h, w]), `${h}×${w}`).toBeLessThan(1e-5);
  }
  await runtime.dispose();
});

/** Inception's kind: branches of unequal kernels, dilated and strided, windowed pools, weights used twice. */
class Branches extends Module {
  readonly wide = new Conv2d(4, 6, [1, 5], { stride: [1, 2], padding: [0, 2] });
  readonly tall = new Conv2d(4, 4, [5, 3], { stride: [1, 2], padding: [4, 1], dilation: [2, 1], groups: 2 });
  readonly norm = new BatchNorm2d(14);
  readonly shared = new Conv2d(14, 14, 3, { padding: 1, bias: false });
  readonly first = new BatchNorm2d(14, { eps: 1e-3 });
  readonly second = new BatchNorm2d(14);
  readonly head = new Sequential(new Linear(17 * 2, 8, { bias: false }), new Linear(8, 5));

  forward(x: Value): Value {
    const pooled = F.maxPool2d(x, [3, 2], { stride: [1, 2], padding: [1, 0], ceilMode: true });
    let out = this.norm(F.cat([this.wide(x), this.tall(x), pooled]));
    out = F.relu(this.first(this.shared(out)));
    out = F.add(out, this.second(this.shared(out)));
    out = F.avgPool2d(out, [3, 4], { stride: [2, 3], padding: [1, 2], ceilMode: true });
    out = F.padChannels(F.subsample(out, 2), 1, 2);
    return this.head(F.flatten(F.adaptiveMaxPool2d(out, [1, 2])));
  }
}

test('norms of other statistics than a batch’s, and blur-pooling', async () => {
  const net = new Sequential(
    ...[new Conv2d(3, 6, 3), new LayerNorm2d(6, { eps: 1e-6 }), new GlobalResponseNorm(6)],
    ...[new BlurPool2d(6), new GroupNorm(2, 6), new BlurPool2d(6, { filterSize: 5, stride: 1 })],
    ...[new Flatten(), new Linear(6 * 5 * 4, 12), new LayerNorm(12), new GroupNorm(3, 12)],
  );
  const model = fill(net, seed);
  const picture: Picture = [3, 12, 10];
  const runtime = await OnnxRuntime.open(await exportOnnx(model, { input: picture, name: 'norms' }));
  for (const batch of [1, 3]) expect(await compare(model, runtime, batch, picture)).toBeLessThan(1e-5);
  await runtime.dispose();
});

test('pictures made larger and smaller', async () => {
  const net = new Sequential(
    ...[
      new Conv2d(3, 4, 3),
      new ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    ],
    ...[new Upsample({ scaleFactor: [1.7, 0.6], mode: 'bilinear' }), new Upsample({ size: [9, 13] })],
    ...[
      new Upsample({ size: [11, 7], mode: 'bilinear', alignCorners: true }),
      new Upsample({ scaleFactor: 2 }),
    ],
    ...[new Upsample({ size: [6, 5], mode: 'bilinear' }), new Flatten()],
  );
  const model = fill(net, seed);
  const picture: Picture = [3, 12, 10];
  const runtime = await OnnxRuntime.open(await exportOnnx(model, { input: picture, name: 'sizes' }));
  for (const batch of [1, 3]) expect(await compare(model, runtime, batch, picture)).toBeLessThan(1e-5);
  await runtime.dispose();
});

test.each([false, true])('a network of branches and windows, folded: %s', async (foldBatchNorm) => {
  const model = fill(new Branches(), seed);
  const picture: Picture = [4, 11, 17];
  const bytes = await exportOnnx(model, { input: picture, name: 'branches', foldBatchNorm });
  const runtime = await OnnxRuntime.open(bytes);
  expect(await compare(model, runtime, 2, picture)).toBeLessThan(1e-5);
  await runtime.dispose();
});

test.each([
  ['tile evenly', [8, 12], [4, 3]],
  ['overlap by the same', [7, 5], [3, 2]],
  ['differ in size', [10, 9], [7, 6]],
  ['differ along one side', [6, 9], [3, 4]],
  ['are more than pixels', [3, 2], [5, 4]],
] as const)(
  'means of adaptive windows that %s, and an even kernel padded to keep the size',
  async (_, size, outputSize) => {
    const pool = new Formula((x) => F.flatten(F.adaptiveAvgPool2d(x, outputSize)));
    const even = new Conv2d(2, 3, [2, 4], { padding: 'same', dilation: [1, 2] });
    const model = fill(new Sequential(even, pool), seed);
    const runtime = await OnnxRuntime.open(
      await exportOnnx(model, { input: [2, ...size], name: 'adaptive' }),
    );
    expect(await compare(model, runtime, 3, [2, ...size])).toBeLessThan(1e-5);
    await runtime.dispose();
  },
);

const windows: readonly (readonly [
  kernel: [number, number],
  stride: [number, number],
  padding: [number, number],
  h: number,
  w: number,
])[] = [
  [[3, 3], [2, 2], [1, 1], 8, 9],
  [[2, 2], [2, 2], [0, 0], 7, 7],
  [[2, 3], [3, 2], [1, 1], 6, 8],
  // The last window would lie in the padding alone, so it is dropped.
  [[2, 2], [2, 2], [1, 1], 5, 7],
  [[3, 4], [5, 4], [0, 2], 9, 14],
  [[1, 1], [2, 3], [0, 0], 6, 8],
  [[6, 5], [1, 2], [3, 2], 6, 5],
];

describe.each(windows)('windows of %j, stride %j, padding %j on %d×%d', (kernel, stride, padding, h, w) => {
  test.each([false, true])('pooled with ceilMode %s', async (ceilMode) => {
    const options = { stride, padding, ceilMode };
    const pools = [
      new Formula((x) => F.maxPool2d(x, kernel, options)),
      new Formula((x) => F.avgPool2d(x, kernel, options)),
      new Formula((x) => F.avgPool2d(x, kernel, { ...options, countIncludePad: false })),
    ];
    for (const [index, model] of pools.entries()) {
      const runtime = await OnnxRuntime.open(await exportOnnx(model, { input: [2, h, w], name: 'pool' }));
      expect(await compare(model, runtime, 2, [2, h, w]), `pool ${index}`).toBeLessThan(1e-6);
      await runtime.dispose();
    }
  });
});
