import { createModel, F, nn, type Value } from '../../src/index.ts';

/** A small network, and how it is trained for a few steps. Each is there for some kernels, of odd and even sizes. */
export interface BitsCase {
  /** One picture, [C, H, W]. */
  readonly picture: readonly [number, number, number];
  readonly build: () => nn.Module;
  /** The fields of a recipe that differ from `plain` (`runs.ts`). */
  readonly recipe?: object;
  readonly checkpointActivations?: boolean;
  /** Pictures in a batch. */
  readonly batch?: number;
  /** Of a hundred layers, whose planning takes its time: not run on every build and number of threads. */
  readonly deep?: true;
}

export const classes = 5;

/** x + α·body(x), then an activation. */
class Residual extends nn.Module {
  readonly body: nn.Sequential;
  readonly alpha: number;
  readonly act: nn.Module;

  constructor(
    body: readonly nn.Module[],
    { alpha = 1, act = new nn.ReLU() }: { readonly alpha?: number; readonly act?: nn.Module } = {},
  ) {
    super();
    this.body = new nn.Sequential(body);
    this.alpha = alpha;
    this.act = act;
  }

  forward(x: Value): Value {
    return this.act(F.add(x, this.body(x), { alpha: this.alpha }));
  }
}

/** What several paths make of x, one behind the other. */
class Paths extends nn.Module {
  readonly paths: nn.ModuleList;

  constructor(...paths: readonly nn.Module[]) {
    super();
    this.paths = new nn.ModuleList(paths);
  }

  forward(x: Value): Value {
    return F.cat([...this.paths].map((path) => path(x)));
  }
}

/** A function of `F`, as a module. */
class Lambda extends nn.Module {
  readonly compute: (x: Value) => Value;

  constructor(compute: (x: Value) => Value) {
    super();
    this.compute = compute;
  }

  forward(x: Value): Value {
    return this.compute(x);
  }
}

type Size = number | readonly [number, number];

const conv = (c: number, k: number, size: Size, options: nn.Conv2dOptions = {}): nn.Conv2d =>
  new nn.Conv2d(c, k, size, { bias: false, ...options });

const normed = (c: number, k: number, size: Size, options: nn.Conv2dOptions = {}): nn.Module[] => [
  conv(c, k, size, options),
  new nn.BatchNorm2d(k),
  new nn.ReLU(),
];

const classifier = (channels: number, dropout = 0): nn.Module[] => [
  new nn.AdaptiveAvgPool2d(1),
  new nn.Flatten(),
  ...(dropout > 0 ? [new nn.Dropout(dropout)] : []),
  new nn.Linear(channels, classes),
];

/** A bottleneck of ResNeXt: `width` channels in each of `groups` groups. */
const bottleneck = (channels: number, groups: number, width: number): nn.Module =>
  new Residual([
    ...normed(channels, groups * width, 1),
    ...normed(groups * width, groups * width, 3, { padding: 1, groups }),
    conv(groups * width, channels, 1),
    new nn.BatchNorm2d(channels),
  ]);

const separable = (c: number, k: number, stride: number): nn.Module[] => [
  new nn.DepthwiseConv2d(c, 3, { stride, padding: 1, bias: false }),
  new nn.BatchNorm2d(c),
  new nn.ReLU6(),
  new nn.PointwiseConv2d(c, k, { bias: false }),
  new nn.BatchNorm2d(k),
  new nn.ReLU6(),
];

const adamw = { kind: 'adamw', learningRate: 2 ** -7, betas: [0.5, 0.75], weightDecay: 0.05 } as const;
const nesterov = {
  kind: 'sgd',
  learningRate: 0.05,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-3,
} as const;

const tinyResNeXt = { layers: [1], cardinality: 4, baseWidth: 16, planes: 8, numClasses: classes } as const;

export const cases: Readonly<Record<string, BitsCase>> = {
  'groups of 4, 8, 16 and 32': {
    picture: [3, 13, 11],
    build: () =>
      new nn.Sequential(
        ...normed(3, 32, 3, { padding: 1 }),
        bottleneck(32, 8, 4),
        bottleneck(32, 4, 8),
        bottleneck(32, 2, 16),
        ...normed(32, 64, 3, { stride: 2, padding: 1, groups: 2 }),
        ...classifier(64),
      ),
    recipe: { optimizer: nesterov, clipNorm: 0.5 },
  },
  'groups that divide nothing by four': {
    picture: [3, 10, 12],
    build: () =>
      new nn.Sequential(
        ...normed(3, 18, 5, { padding: 2, stride: 2 }),
        ...normed(18, 18, 3, { padding: 1, groups: 3 }),
        ...normed(18, 18, 3, { padding: 1, groups: 9 }),
        conv(18, 36, 3, { padding: 1, groups: 18, bias: true }),
        new nn.ReLU(),
        conv(36, 8, 3, { padding: 2, dilation: 2, groups: 4, bias: true }),
        ...classifier(8),
      ),
    recipe: { optimizer: { kind: 'sgd', learningRate: 0.05, momentum: 0, weightDecay: 0 } },
  },
  'groups with a stride and of large kernels': {
    picture: [1, 15, 17],
    build: () =>
      new nn.Sequential(
        ...normed(1, 16, 3, { padding: 1 }),
        ...normed(16, 32, 3, { stride: 2, padding: 1, groups: 4 }),
        ...normed(32, 16, 5, { padding: 2, groups: 2 }),
        ...normed(16, 16, [1, 7], { padding: [0, 3], groups: 4 }),
        ...classifier(16),
      ),
    recipe: { optimizer: adamw, ema: { decay: 0.75 } },
  },
  'depthwise separable, ReLU6': {
    picture: [4, 14, 14],
    build: () =>
      new nn.Sequential(
        ...separable(4, 12, 1),
        ...separable(12, 24, 1),
        ...separable(24, 24, 2),
        new nn.DepthwiseConv2d(24, 5, { padding: 2, bias: true }),
        new nn.ReLU6(),
        new nn.DepthwiseConv2d(24, 3, { padding: 1, depthMultiplier: 2 }),
        new nn.ReLU(),
        ...classifier(48),
      ),
    recipe: { optimizer: adamw, clipNorm: 0.25 },
  },
  'dense: patches, products, Winograd': {
    picture: [3, 18, 14],
    build: () =>
      new nn.Sequential(
        conv(3, 24, 7, { stride: 2, padding: 3, bias: true }),
        new nn.ReLU(),
        new Residual([...normed(24, 24, 3, { padding: 1 }), conv(24, 24, 3, { padding: 1 })], {
          act: new nn.BatchNorm2d(24),
        }),
        ...normed(24, 20, 3, { padding: 2 }),
        ...normed(20, 33, 1, { stride: 2 }),
        ...normed(33, 17, 3, { stride: 2, padding: 1 }),
        new nn.Flatten(),
        new nn.Linear(17 * 3 * 3, 19),
        new nn.ReLU6(),
        new nn.Linear(19, classes, { bias: false }),
      ),
    recipe: { optimizer: { ...nesterov, nesterov: false, decayNorms: false }, labelSmoothing: 0.1 },
  },
  'pooling, paths, dropout': {
    picture: [3, 17, 15],
    build: () =>
      new nn.Sequential(
        ...normed(3, 8, 3),
        new Paths(
          new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
          new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
          new nn.Sequential(normed(8, 6, [1, 7], { stride: 2, padding: [0, 3] })),
        ),
        new nn.AvgPool2d(2, { ceilMode: true }),
        new nn.MaxPool2d(2, { stride: 1 }),
        new Paths(new nn.AdaptiveAvgPool2d(2), new nn.AdaptiveMaxPool2d(2)),
        new nn.Dropout(0.25),
        new nn.Flatten(),
        new nn.Linear(44 * 4, classes),
      ),
    recipe: { optimizer: adamw, labelSmoothing: 0.1 },
  },
  'shortcuts without parameters, scaled residuals, even kernels': {
    picture: [2, 12, 12],
    build: () =>
      new nn.Sequential(
        ...normed(2, 8, 2, { padding: 'same' }),
        new Residual([...normed(8, 8, 3, { padding: 1 }), conv(8, 8, 1, { bias: true })], { alpha: 0.25 }),
        new Lambda((x) => F.padChannels(F.subsample(x, 2), 2, 2)),
        new Residual([conv(12, 12, 1), new nn.BatchNorm2d(12)], { act: new nn.Identity() }),
        new Lambda((x) => F.relu6(F.mul(x, 1.5))),
        ...classifier(12, 0.5),
      ),
    recipe: { optimizer: nesterov, accumulate: 2, ema: { decay: 0.5, warmUp: false } },
    batch: 4,
  },
  'frozen parts, activations computed again': {
    picture: [3, 12, 12],
    build: () => {
      const model = new nn.Sequential(
        ...normed(3, 16, 3, { padding: 1 }),
        bottleneck(16, 4, 4),
        ...normed(16, 16, 3, { padding: 1, stride: 2 }),
        bottleneck(16, 2, 8),
        bottleneck(16, 2, 8),
        ...classifier(16, 0.25),
      );
      nn.freeze(model, ['0', '1', '5']);
      return model;
    },
    recipe: { optimizer: nesterov, clipNorm: 1, accumulate: 2 },
    checkpointActivations: true,
    batch: 6,
  },
  'ResNeXt, paths one by one': {
    picture: [3, 16, 16],
    build: () => createModel('resnext_cifar', { ...tinyResNeXt, form: 'b' }),
    recipe: { optimizer: nesterov },
  },
  MobileNetV1: {
    deep: true,
    picture: [3, 32, 32],
    build: () =>
      createModel('mobilenetv1_100', { widthMultiplier: 1 / 8, numClasses: classes, dropout: 0.25 }),
    recipe: { optimizer: adamw },
  },
  'Inception-ResNet-v2': {
    deep: true,
    picture: [3, 75, 75],
    build: () =>
      createModel('inception_resnet_v2', { layers: [1, 1, 1], widthMultiplier: 1 / 16, numClasses: classes }),
    recipe: { optimizer: nesterov },
    batch: 2,
  },
};
