import { readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { createWasmBackend } from '../../src/backends/wasm/backend.ts';
import type { WorkerHandle } from '../../src/backends/wasm/messages.ts';
import { CardinalError } from '../../src/base/errors.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { imagenetPreprocessing } from '../../src/data/preprocessing.ts';
import * as nn from '../../src/nn/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { largestFit } from '../../src/plan/fit.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { compile } from '../../src/session/compile.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { prepareInference } from '../../src/train/evaluate.ts';
import { networkOf } from '../../src/train/network.ts';
import { seed } from '../support/seed.ts';
import {
  classes,
  countingBackend,
  limitedBackend,
  memoryLoader,
  picture,
  runTraining,
  tinyModel,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';

/** Weights without the last tensor that a network needs. */
function lacking(state: StateDict): StateDict {
  return new Map([...state].slice(0, -1));
}

describe('a program whose weights lack a tensor is freed', () => {
  const missing = /expected a tensor \d\.bias among the weights, got none/;

  test('where it is compiled', async () => {
    const { backend, open } = countingBackend();
    const model = tinyModel().initialize(seed);
    const state = lacking(model.stateDict());
    model.stateDict = () => state;
    await expect(compile(model, { input: [2, ...picture], backend })).rejects.toThrow(missing);
    expect(open()).toBe(0);
  });

  test('where it is to be evaluated', async () => {
    const { backend, open } = countingBackend();
    const network = tinyNetwork(seed);
    await expect(prepareInference(network, backend, 4, lacking(network.stateDict()))).rejects.toThrow(
      missing,
    );
    expect(open()).toBe(0);
  });

  test('where it is to be trained, beside the one that validates', async () => {
    const { backend, open } = countingBackend();
    const network = tinyNetwork(seed);
    const state = lacking(network.stateDict());
    await expect(
      runTraining(tinyRun(seed, { backend, network: { ...network, stateDict: () => state } })),
    ).rejects.toThrow(missing);
    expect(open()).toBe(0);
  });

  test('where its gradients are asked for', async () => {
    const { backend, open } = countingBackend();
    const model = tinyModel().initialize(seed);
    const input = { shape: [2, ...picture], data: new Float32Array(2 * 32) };
    await expect(computeGradients(model, { backend, input, target: [0, 7] })).rejects.toThrow(/targets/);
    expect(open()).toBe(0);
  });
});

test('threads that were started are ended if another one cannot be', async () => {
  const ended: number[] = [];
  const spawn = (index: number): WorkerHandle => {
    if (index === 2) throw new Error('no more threads');
    return {
      request: () => Promise.resolve(),
      onEnd: () => undefined,
      terminate: () => Promise.resolve(void ended.push(index)),
    };
  };
  const module = await WebAssembly.compile(await readFile('dist/kernels/kernels-full-simd.wasm'));
  const opening = createWasmBackend({ module, threads: 4, spawn, maySleep: true });
  await expect(opening).rejects.toThrow(CardinalError);
  await expect(opening).rejects.toThrow(
    /^thread 4 of 4 cannot be started: no more threads; take fewer threads$/,
  );
  expect(ended).toEqual([0, 1]);
});

const started = vi.hoisted(() => ({ workers: 0, ended: 0 }));
vi.mock('node:worker_threads', () => ({
  Worker: class {
    constructor() {
      if (started.workers === 2) throw new Error('no more threads');
      started.workers++;
    }
    on(): this {
      return this;
    }
    ref(): void {
      // Nobody waits for it.
    }
    unref(): void {
      // Nobody waits for it.
    }
    terminate(): Promise<void> {
      started.ended++;
      return Promise.resolve();
    }
  },
}));

test('workers of a loader that were started are ended if another one cannot be', async () => {
  const { workerPool } = await import('../../src/node/data/pool.ts');
  const setup: Parameters<typeof workerPool>[0] = {
    spec: {
      preprocessing: { ...imagenetPreprocessing, size: [2, 2], resize: null },
      ...{ augmentation: undefined, mix: undefined, classes: 2, seed, unreadable: 'refuse' },
    },
    source: { kind: 'files', paths: ['a.png'] },
    labels: Int32Array.of(0),
    name: 'pictures',
  };
  expect(() => workerPool(setup, 3)).toThrow(
    /^data worker 3 of 3 cannot be started: no more threads; take fewer workers$/,
  );
  expect(started).toEqual({ workers: 2, ended: 2 });
});

describe('a batch that is too large', () => {
  /** A norm that in training needs more than one picture. */
  const model = () =>
    new nn.Sequential(
      new nn.Conv2d(2, 4, 3),
      new nn.AdaptiveAvgPool2d(1),
      new nn.BatchNorm2d(4),
      new nn.Flatten(),
      new nn.Linear(4, classes.length),
    ).initialize(seed);

  test('is refused for its memory although a batch of one cannot be planned', async () => {
    const input = (batch: number) => ({ shape: [batch, ...picture], data: new Float32Array(batch * 32) });
    const ask = (batch: number, maxBytes: number) =>
      computeGradients(model(), {
        backend: limitedBackend(maxBytes),
        input: input(batch),
        target: Array.from({ length: batch }, () => 0),
      });
    await expect(ask(1, Infinity)).rejects.toThrow(
      /batch_norm: expected more than one value per channel when training/,
    );
    await expect(ask(8, 100)).rejects.toThrow(/expected a program within 0\.00 GiB .* use smaller pictures$/);
    const { peakBytes } = planTraining(
      trace(model(), [3, ...picture], { training: true }),
      createReferenceBackend(),
      { name: 'three', optimizer: { kind: 'sgd', momentum: false, nesterov: false }, labelSmoothing: 0 },
    );
    await expect(ask(8, peakBytes)).rejects.toThrow(/use a batch of at most 3$/);
  });

  test('is refused for its memory in training, too', async () => {
    const train = (batchSize: number, memoryLimit: number) =>
      runTraining(
        tinyRun(seed, {
          network: networkOf(model(), picture, { name: 'pooled', options: {} }),
          recipe: tinyRecipe({ batchSize }),
          data: { train: memoryLoader({ length: 14, batchSize, seed, training: true }) },
          memoryLimit,
        }),
      );
    await expect(train(7, 100)).rejects.toThrow(/training on 7 pictures .* no smaller batch would fit/);
    const [start] = (await train(3, Infinity)).events;
    if (start.type !== 'start') throw new Error('a run begins with its start');
    await expect(train(7, start.programBytes)).rejects.toThrow(/the largest batch that fits is 3/);
  });

  test('any other error of the planner goes on', () => {
    const planFor = (): Plan => {
      throw new TypeError('a defect');
    };
    expect(() => largestFit(8, { maxBytes: 100, maxBufferBytes: Infinity }, planFor)).toThrow('a defect');
  });
});
