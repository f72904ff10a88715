import { afterAll, expect, test } from 'vitest';
import { connect } from '../../src/base/channel/connect.ts';
import { portOf } from '../../src/base/channel/port.ts';
import { serve } from '../../src/base/channel/serve.ts';
import { CardinalError, UsageError } from '../../src/base/errors.ts';
import { receptiveField } from '../../src/cost/receptive-field.ts';
import type { Picture } from '../../src/data/dataset.ts';
import { createModel } from '../../src/models/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import { insideHandlers } from '../../src/studio/inside/handlers.ts';
import type { InsideCalls } from '../../src/studio/inside/service.ts';
import { seed } from '../support/seed.ts';
import { drawWeights } from '../use/explain/networks.ts';

const backend = await createNodeBackend({ name: 'wasm', threads: 1 });
const model = createModel('resnext_cifar', {
  ...{ layers: [1, 1], cardinality: 2, baseWidth: 16, planes: 8, numClasses: 3 },
});
drawWeights(model, seed);
const description = { name: 'small', options: {} };
const classes = ['cat', 'dog', 'bird'];
const preprocessing = {
  ...{
    channels: 3 as const,
    size: [12, 12] as [number, number],
    resize: 12,
    interpolation: 'bilinear' as const,
  },
  ...{ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
};
const picture: Picture = {
  ...{ width: 24, height: 12, channels: 3 },
  data: Uint8Array.from({ length: 24 * 12 * 3 }, (_, i) => (i * i) % 251),
};
const classifier = await classifierOf({ model, description, classes }, { backend, preprocessing });
afterAll(async () => {
  await classifier.dispose();
  await backend.dispose();
});

let opened = 0;
const trained = { model, description, classes, preprocessing };
const { port1, port2 } = new MessageChannel();
afterAll(() => {
  port1.close();
});
serve(
  portOf(port1),
  insideHandlers({
    backend: () => Promise.resolve(backend),
    trained: (id) => {
      opened++;
      if (id === 'w') return Promise.resolve(trained);
      return Promise.reject(new CardinalError(`there is nothing called ${id}`));
    },
    uploaded: () => Promise.resolve(picture),
    data: () => Promise.reject(new CardinalError('there are no data')),
    readPicture: () => Promise.reject(new CardinalError('there are no data')),
  }),
);
const engine = connect<InsideCalls>(portOf(port2));
const of = { weights: 'w', picture: { upload: 'u' } };

/** Of a weight's shape, as the network itself has it. */
const shapeOf = (layer: string): readonly number[] => model.stateDict().get(`${layer}.weight`)?.shape ?? [];

test('a network tells its layers, what they see, its convolutions, and which blocks have paths', async () => {
  const about = await engine.call('inside', [{ weights: 'w' }]);
  expect(about).toMatchObject({ name: 'small', classes, input: [3, 12, 12] });
  expect(about.blocks).toEqual(
    ['layer1.0', 'layer2.0'].map((block) => ({
      ...{ block, paths: 2, kernel: [3, 3], isReduced: true, hasShortcut: true },
      inputWidth: shapeOf(`${block}.conv1`)[1],
      width: shapeOf(`${block}.conv2`)[1],
      outputWidth: shapeOf(`${block}.conv3`)[0],
    })),
  );
  const layer = about.layers.find((one) => one.layer === 'layer1.0.conv2');
  expect(layer).toEqual({
    ...{ layer: 'layer1.0.conv2', shape: [4, 12, 12] },
    field: receptiveField(model, 'layer1.0.conv2', [1, 3, 12, 12]),
  });
  expect(layer?.field).toEqual({ size: [5, 5], stride: [1, 1], offset: [-2, -2] });
  expect(about.layers.at(-1)).toMatchObject({ layer: 'fc', shape: [3], field: { size: [12, 12] } });
  const convolutions = [...model.stateDict()].flatMap(([name, { shape }]) =>
    shape.length === 4 ? [{ layer: name.replace(/\.weight$/, ''), shape }] : [],
  );
  const byName = (one: { layer: string }, other: { layer: string }): number =>
    one.layer < other.layer ? -1 : 1;
  expect(about.convolutions.map(({ layer, shape }) => ({ layer, shape })).toSorted(byName)).toEqual(
    convolutions.toSorted(byName),
  );
  expect(about.convolutions[0]).toEqual({ layer: 'conv1', shape: shapeOf('conv1'), groups: 1 });
  expect(about.convolutions.find((one) => one.layer === 'layer2.0.conv2')?.groups).toBe(2);
});

test('filters are the weights, as many as are asked for and there are', async () => {
  const layer = 'layer2.0.conv2';
  const [outputs, inputs, rows, columns] = shapeOf(layer);
  const own = model.stateDict().get(`${layer}.weight`)?.data;
  if (!(own instanceof Float32Array)) throw new Error('expected numbers');
  const query = { weights: 'w', layer, outputs: { from: 0, count: 100 }, inputs: { from: 0, count: 100 } };
  const largest = Math.max(...own.map(Math.abs));
  expect(await engine.call('filters', [query])).toEqual({ shape: shapeOf(layer), data: own, largest });
  const part = await engine.call('filters', [
    { ...query, outputs: { from: 3, count: 2 }, inputs: { from: 1, count: 2 } },
  ]);
  expect(part.shape).toEqual([2, 2, rows, columns]);
  expect(part.largest).toBe(largest);
  for (let k = 0; k < 2; k++) {
    for (let j = 0; j < 2; j++) {
      const at = ((k + 3) * inputs + j + 1) * rows * columns;
      expect(part.data.slice((k * 2 + j) * rows * columns, (k * 2 + j + 1) * rows * columns)).toEqual(
        own.slice(at, at + rows * columns),
      );
    }
  }
  const beyond = await engine.call('filters', [{ ...query, outputs: { from: outputs, count: 1 } }]);
  expect(beyond.data).toHaveLength(0);
  await expect(engine.call('filters', [{ ...query, layer: 'bn1' }])).rejects.toThrow(
    /^expected a layer of the network that is a convolution, got 'bn1'$/,
  );
});

test.each(['grad-cam', 'occlusion'] as const)(
  'a picture is explained by %s as a classifier does',
  async (method) => {
    const found = await engine.call('explainPicture', [{ ...of, method, label: 2 }]);
    const expected =
      method === 'grad-cam'
        ? await classifier.explain(picture, { label: 2 })
        : await classifier.occlusion(picture, { label: 2 });
    expect(found.top).toEqual(await classifier.classify(picture, { topK: 3 }));
    expect(found).toMatchObject({ label: 2, probability: expected.probability, width: 12, height: 12 });
    expect(found.map).toEqual(expected.map);
    expect(found.region).toEqual({ left: 0.25, top: 0, width: 0.5, height: 1 });
  },
);

test('layers and paths are those of the classifier', async () => {
  const layer = 'layer2.0.conv2';
  const maps = await engine.call('layerMaps', [{ ...of, layer }]);
  const { [layer]: expected } = await classifier.activations(picture, { layers: [layer] });
  const region = { left: 0.25, top: 0, width: 0.5, height: 1 };
  expect(maps).toEqual({
    ...{ shape: expected.shape.slice(1), data: expected.data, channels: expected.shape[1], region },
  });
  const told: unknown[] = [];
  const { logit, blocks } = await engine.call('pathShares', [{ ...of, label: 1, blocks: ['layer2.0'] }], {
    on: { progress: (progress) => void told.push(progress) },
  });
  expect({ logit, blocks }).toEqual(
    (({ logit: all, blocks: found }) => ({ logit: all, blocks: found }))(
      await classifier.pathContributions(picture, { label: 1, blocks: ['layer2.0'] }),
    ),
  );
  expect(told.at(-1)).toEqual({ done: 2, of: 2, block: 'layer2.0' });
});

test('what is asked wrongly is refused in one line', async () => {
  await expect(engine.call('inside', [{ weights: '' }])).rejects.toThrow(CardinalError);
  await expect(engine.call('layerMaps', [{ ...of, layer: 'conv9' }])).rejects.toThrow(UsageError);
  await expect(engine.call('explainPicture', [{ ...of, method: 'x' as never }])).rejects.toThrow(
    /^explainPicture: /,
  );
  await expect(engine.call('inside', [{ weights: 'v' }])).rejects.toThrow(/^there is nothing called v$/);
  expect(opened).toBeGreaterThan(1);
});
