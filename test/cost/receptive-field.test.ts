import { afterAll, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import { receptiveField } from '../../src/cost/receptive-field.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { AvgPool2d, BlurPool2d, Conv2d, F, MaxPool2d, Module, Sequential, SiLU } from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { activations } from '../../src/session/activations.ts';
import { seed } from '../support/seed.ts';

const backend = await createNodeBackend({ name: 'wasm', threads: 1 });
afterAll(() => backend.dispose());

/** Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", table of TF-Slim's networks. */
test.each([
  ['mobilenetv1_100', 224, 315],
  ['inception_v4', 299, 2071],
  ['inception_resnet_v2', 299, 3039],
])('the last feature map of %s sees what was published', (name, side, size) => {
  const field = receptiveField(createModel(name), last[name], [1, 3, side, side]);
  expect(field.size).toEqual([size, size]);
});

const last: Readonly<Record<string, string>> = {
  mobilenetv1_100: 'blocks',
  inception_v4: 'features',
  inception_resnet_v2: 'conv2d_7b',
};

/** Two branches of different reach, and a shortcut. */
class Branches extends Module {
  readonly stem = new Conv2d(3, 6, [5, 3], { stride: [2, 1], padding: [1, 0] });
  readonly act = new SiLU();
  readonly wide = new Conv2d(6, 6, 3, { dilation: 3, padding: 3 });
  readonly narrow = new Conv2d(6, 6, [1, 5], { padding: [0, 2], groups: 3 });
  readonly end = new Conv2d(6, 4, 3);

  forward(x: Value): Value {
    const y = this.act(this.stem(x));
    return this.end(F.add(F.add(this.wide(y), this.narrow(y)), y));
  }
}

const examples: readonly (readonly [string, () => Module, string])[] = [
  [
    'windows, dilation and padding',
    () =>
      new Sequential(
        new Conv2d(3, 6, 5, { stride: 2, padding: 1 }),
        new SiLU(),
        new AvgPool2d(3, { stride: 2, padding: 1 }),
        new Conv2d(6, 4, 3, { padding: 2, dilation: 2 }),
      ),
    '3',
  ],
  ['branches', () => new Branches(), 'end'],
  ['a blur', () => new Sequential(new Conv2d(3, 4, 3), new SiLU(), new BlurPool2d(4, { stride: 2 })), '2'],
  [
    "a padding of 'same' with an even kernel",
    () => new Sequential(new Conv2d(3, 4, 4, { padding: 'same' })),
    '0',
  ],
  [
    'residual blocks',
    () =>
      createModel('resnext_cifar', {
        layers: [1, 1],
        cardinality: 2,
        baseWidth: 32,
        planes: 4,
        activation: 'silu',
      }),
    'layer2',
  ],
];

/** Which pictures of a batch, each with another row or column changed, a unit in the middle tells from the picture itself. */
async function seen(model: Module, layer: string, side: number, axis: 0 | 1): Promise<readonly number[]> {
  const rng = Rng.of(seed, 'receptive field');
  const picture = Float32Array.from({ length: 3 * side * side }, () => rng.normal());
  const data = new Float32Array((side + 1) * picture.length);
  for (let changed = 0; changed <= side; changed++) {
    const start = changed * picture.length;
    data.set(picture, start);
    for (let at = 0; at < picture.length; at++) {
      const row = Math.floor(at / side) % side;
      if ((axis === 0 ? row : at % side) === changed) data[start + at] += 20;
    }
  }
  const input = { shape: [side + 1, 3, side, side], data };
  const { [layer]: found } = await activations(model, { layers: [layer], input, backend });
  const [, channels, height, width] = found.shape;
  const unit = Math.floor(height / 2) * width + Math.floor(width / 2);
  const of = (one: number) =>
    Array.from({ length: channels }, (_, k) => found.data[(one * channels + k) * height * width + unit]);
  const itself = of(side);
  return Array.from({ length: side }, (_, one) => one).filter((one) =>
    of(one).some((value, k) => value !== itself[k]),
  );
}

test.each(examples)(
  `%s: a unit depends on its field and on nothing else (CARDINAL_SEED=${seed})`,
  async (_, make, layer) => {
    const side = 48;
    const model = make().initialize(seed);
    const field = receptiveField(model, layer, [1, 3, side, side]);
    const { [layer]: one } = await activations(model, {
      ...{ layers: [layer], backend },
      input: { shape: [1, 3, side, side], data: new Float32Array(3 * side * side) },
    });
    for (const axis of [0, 1] as const) {
      const rows = await seen(model, layer, side, axis);
      const first = field.offset[axis] + field.stride[axis] * Math.floor(one.shape[2 + axis] / 2);
      expect(field.size[axis]).toBeLessThan(side);
      expect([rows[0], rows.at(-1)]).toEqual([first, first + field.size[axis] - 1]);
    }
  },
);

test('gates and linear layers see the whole picture; so do layers behind them', () => {
  const model = createModel('resnext_cifar', { layers: [1], cardinality: 2, baseWidth: 8, attention: 'se' });
  const whole = { size: [32, 24], stride: [0, 0], offset: [0, 0] };
  for (const layer of ['layer1.0', 'layer1', 'fc']) {
    expect(receptiveField(model, layer, [1, 3, 32, 24])).toEqual(whole);
  }
  expect(receptiveField(model, 'layer1.0.bn3', [1, 3, 32, 24]).size).toEqual([5, 5]);
  expect(() => receptiveField(model, 'layer9', [1, 3, 32, 24])).toThrow(UsageError);
});

test('several pools add up', () => {
  const model = new Sequential(new MaxPool2d(2), new MaxPool2d(2), new Conv2d(3, 3, 3, { padding: 1 }));
  expect(receptiveField(model, '2', [1, 3, 32, 32])).toEqual({
    size: [12, 12],
    stride: [4, 4],
    offset: [-4, -4],
  });
});
