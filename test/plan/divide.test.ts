import { expect, test } from 'vitest';
import { FeatureDropout } from '../../src/models/blocks/feature-dropout.ts';
import type { Value } from '../../src/graph/value.ts';
import { Conv2d, Dropout, DropPath, F, Module, Sequential, trace } from '../../src/nn/index.ts';
import { divide } from '../../src/plan/divide.ts';

test.each([0, 1, 2])('rank %d of 3 leaves out the pictures that one process would', (rank) => {
  const net = new Sequential(new Conv2d(3, 4, 1), new DropPath(0.5));
  // Eight pictures: three, three and two.
  const traced = trace(net, [rank === 2 ? 2 : 3, 3, 2, 2], { training: true });
  const { graph } = divide(traced.graph, traced.output, { rank, size: 3, batch: 8 }, { syncBatchNorm: true });
  const [dropping] = graph.nodes.filter((node) => node.op === 'drop_path');
  expect(dropping.attrs).toMatchObject({ p: 0.5, offset: 3 * rank });
});

test('no picture is left out of a network that is only used', () => {
  const net = new Sequential(new Conv2d(3, 4, 1), new DropPath(0.5));
  const { graph } = trace(net, [3, 3, 2, 2], { training: false });
  expect(graph.nodes.map(({ op }) => op)).toEqual(['conv2d']);
});

test.each([0, 1, 2])('rank %d of 3 drops the feature maps that one process would', (rank) => {
  const net = new Sequential(new Conv2d(3, 4, 1), new FeatureDropout(0.5));
  const traced = trace(net, [rank === 2 ? 2 : 3, 3, 2, 2], { training: true });
  const { graph } = divide(traced.graph, traced.output, { rank, size: 3, batch: 8 }, { syncBatchNorm: true });
  const [dropping] = graph.nodes.filter((node) => node.op === 'drop_path');
  // Four of each picture.
  expect(dropping.attrs).toMatchObject({ p: 0.5, offset: 12 * rank });
});

test.each([0, 1])(
  'rank %d of 2 drops the numbers that one process would, where a picture has several rows',
  (rank) => {
    class Rows extends Module {
      readonly drop = new Dropout(0.5);

      forward(x: Value): Value {
        return this.drop(F.reshape(x, [-1, 4]));
      }
    }
    // Of four pictures two each, as four rows of four numbers.
    const traced = trace(new Rows(), [2, 8], { training: true });
    const { graph } = divide(
      traced.graph,
      traced.output,
      { rank, size: 2, batch: 4 },
      { syncBatchNorm: true },
    );
    const [dropping] = graph.nodes.filter((node) => node.op === 'dropout');
    expect(dropping.attrs).toMatchObject({ p: 0.5, offset: 16 * rank });
  },
);
