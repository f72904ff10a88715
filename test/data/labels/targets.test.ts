import { expect, test } from 'vitest';
import { pictureDataset } from '../../../src/data/source.ts';
import { createLoader } from '../../../src/node/data/loader.ts';

test('a loader for more outputs than the numbers of pictures leaves the others 0', async () => {
  const count = 3;
  const dataset = pictureDataset({
    ...{ name: 'grey', classes: ['x', 'y'], labels: new Int32Array(count), id: String },
    targets: { task: 'numbers', values: Float32Array.of(1, 2, 3, 4, 5, 6) },
    source: {
      ...{ kind: 'memory', width: 1, height: 1, channels: 1, layout: 'interleaved' },
      ...{ recordBytes: 1, pixelOffset: 0, rows: Uint32Array.of(0, 1, 2), bytes: new Uint8Array(count) },
    },
  });
  const loader = createLoader(dataset, {
    ...{ batchSize: count, training: false, workers: 0, classes: 3 },
    preprocessing: {
      ...{ channels: 1, size: [1, 1], resize: null, interpolation: 'bilinear', mean: [0], std: [1] },
    },
  });
  try {
    for await (const { target } of loader.epoch(0)) expect([...target]).toEqual([1, 2, 0, 3, 4, 0, 5, 6, 0]);
  } finally {
    await loader.dispose();
  }
  expect.assertions(1);
});
