import { expect, test } from 'vitest';

import type { Value } from '../../src/graph/value.ts';
import { AdaptiveAvgPool2d, Conv2d, Flatten, Linear, Module } from '../../src/nn/index.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import { countRounds, watchedBackend } from '../support/rounds.ts';

test('a network is traced and its weights are written while what else waits in the process gets its turn', async () => {
  const { rounds, stop } = countRounds();
  const traced: number[] = [];
  class Wide extends Module {
    readonly conv = new Conv2d(3, 1024, 1);
    readonly pool = new AdaptiveAvgPool2d(1);
    readonly flatten = new Flatten();
    // 8 MiB each, more than is written at once.
    readonly first = new Linear(1024, 2048);
    readonly second = new Linear(2048, 1024);
    readonly last = new Linear(1024, 2);

    forward(x: Value): Value {
      traced.push(rounds());
      return this.last(this.second(this.first(this.flatten(this.pool(this.conv(x))))));
    }
  }
  const { backend } = watchedBackend(() => undefined);
  const written: number[] = [];
  const classifier = await classifierOf(
    { model: new Wide(), description: { name: 'wide', options: {} }, classes: ['a', 'b'] },
    {
      backend: {
        ...backend,
        load: async (plan) => {
          const program = await backend.load(plan);
          const write = program.write.bind(program);
          program.write = (...given) => {
            written.push(rounds());
            write(...given);
          };
          return program;
        },
      },
      preprocessing: {
        ...{ channels: 3, size: [2, 2], resize: null, interpolation: 'bilinear' },
        ...{ mean: [0, 0, 0], std: [1, 1, 1] },
      },
    },
  );
  stop();
  // Batches of 8, 4, 2 and 1 pictures; nothing else comes between two of them.
  expect(traced).toHaveLength(4);
  expect(new Set(traced).size).toBe(4);
  // Before the first large one, between the two, and after them.
  expect(new Set(written).size).toBeGreaterThanOrEqual(3);
  await classifier.dispose();
});
