import { Rng } from '../../../src/base/rng.ts';
import { f32, type TensorData } from '../../../src/base/tensor-data.ts';
import type { Value } from '../../../src/graph/value.ts';
import { createModel } from '../../../src/models/index.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  F,
  Flatten,
  Hardsigmoid,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../../../src/nn/index.ts';

/** A small network, and the paths of the modules that give its last feature map and read its embedding. */
export interface Example {
  readonly model: Module;
  readonly map: string;
  /** The last linear layer, if there is one. */
  readonly linear: string | undefined;
}

export const inputShape = [1, 3, 16, 16] as const;

const stem = (channels: number) => [
  new Conv2d(3, channels, 3, { padding: 1, bias: false }),
  new BatchNorm2d(channels),
  new ReLU(),
];

/** Mean and largest value of one map, beside each other. */
class TwoPools extends Module {
  readonly features = new Sequential(...stem(6));
  readonly fc = new Linear(12, 5);

  forward(x: Value): Value {
    const y = this.features(x);
    return this.fc(F.flatten(F.cat([F.adaptiveAvgPool2d(y, 1), F.adaptiveMaxPool2d(y, 1)])));
  }
}

/** A branch that reaches no output, and a head that bends a mean. */
class DeadEnd extends Module {
  readonly features = new Sequential(...stem(6));
  readonly unused = new Conv2d(6, 4, 3);
  readonly pool = new AdaptiveAvgPool2d(1);
  readonly bend = new Conv2d(6, 8, 1);
  readonly fc = new Linear(8, 5);

  forward(x: Value): Value {
    const y = this.features(x);
    this.unused(y);
    return this.fc(F.flatten(F.silu(this.bend(this.pool(y)))));
  }
}

/** Heads of every kind, with weights that are drawn anew for each. */
export const examples: Readonly<Record<string, () => Example>> = {
  'a mean and a linear layer': () => ({
    model: createModel('resnext_cifar', {
      layers: [1, 1, 1],
      cardinality: 2,
      baseWidth: 8,
      planes: 8,
      numClasses: 5,
    }),
    map: 'layer3',
    linear: 'fc',
  }),
  'a branch that leads nowhere beside a head that bends': () => ({
    model: new DeadEnd(),
    map: 'features',
    linear: 'fc',
  }),
  'several linear layers behind a largest value, as in VGG': () => ({
    model: new Sequential(
      ...stem(4),
      new MaxPool2d(2),
      new Conv2d(4, 6, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
      new AdaptiveAvgPool2d(2),
      new Flatten(),
      new Linear(24, 7),
      new ReLU(),
      new Dropout(0.5),
      new Linear(7, 5),
    ),
    map: '5',
    linear: '12',
  }),
  'a convolution behind the mean, as in MobileNetV3': () => ({
    model: new Sequential(
      ...stem(6),
      new AdaptiveAvgPool2d(1),
      new Conv2d(6, 8, 1),
      new Hardsigmoid(),
      new Flatten(),
      new Linear(8, 5),
    ),
    map: '2',
    linear: '7',
  }),
  'two poolings beside each other': () => ({ model: new TwoPools(), map: 'features', linear: 'fc' }),
  'no linear layer': () => ({
    model: new Sequential(...stem(6), new Conv2d(6, 5, 1), new AdaptiveAvgPool2d(1), new Flatten()),
    map: '3',
    linear: undefined,
  }),
};

/** Draws weights and running statistics as training leaves them. */
export function drawWeights(model: Module, seed: number): void {
  const rng = Rng.of(seed, 'explain');
  const drawn = [...model.stateDict()].map(([name, tensor]): [string, TensorData] => {
    if (tensor.dtype !== 'F32') return [name, tensor];
    const isScale = name.endsWith('running_var') || (tensor.shape.length === 1 && name.endsWith('weight'));
    const fanIn = tensor.shape.slice(1).reduce((product, size) => product * size, 1);
    const draw = () => (isScale ? rng.uniform(0.5, 1.5) : rng.normal() / Math.sqrt(fanIn));
    return [name, f32(tensor.shape, Float32Array.from(tensor.data, draw))];
  });
  model.loadStateDict(new Map(drawn));
}

/** A picture of the input's shape, in PyTorch's order. */
export function drawInput(seed: number): Float32Array {
  const rng = Rng.of(seed, 'input');
  return Float32Array.from({ length: 3 * 16 * 16 }, () => rng.normal());
}
