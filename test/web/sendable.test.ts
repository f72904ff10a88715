import { expect, test } from 'vitest';
import { pictureDataset } from '../../src/data/source.ts';
import { trainOn } from '../../src/web/page/train-on.ts';

test('what a worker would not have is refused before there is one', async () => {
  const train = pictureDataset({
    ...{ name: 'boxes', classes: ['red', 'round'], labels: new Int32Array(2), id: String },
    source: {
      ...{ kind: 'memory', width: 1, height: 1, channels: 1, layout: 'interleaved', recordBytes: 1 },
      ...{ pixelOffset: 0, rows: Uint32Array.of(0, 1), bytes: new Uint8Array(2) },
    },
  });
  const data = { path: 'boxes', kind: 'idx', classes: train.classes, channels: 1, train, leftOut: [] };
  const loss = (): never => {
    throw new Error('never called');
  };
  await expect(trainOn(data as never, { name: 'resnet20_cifar' }, { loss })).rejects.toThrow(
    "trainOn: a loss of one's own does not reach the worker that trains",
  );
});
