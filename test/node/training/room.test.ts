import { expect, test } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { largestProgram, memory } from '../../../src/node/memory.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { openData } from '../../../src/node/data/open.ts';
import { trainingPictures } from '../../../src/train/loaders.ts';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import { createModel } from '../../../src/models/registry.ts';
import { requireRoom } from '../../../src/run/training/room.ts';
import { fitPlan } from '../../../src/train/micro-batches.ts';
import { networkOf, type Network } from '../../../src/train/network.ts';
import { findRecipe } from '../../../src/train/recipe.ts';

const gibi = 2 ** 30;

/** A network, and how often a training step of it was planned. */
function counted(side: number): { readonly network: Network; readonly plans: () => number } {
  const network = networkOf(createModel('resnet20_cifar'), [3, side, side], {
    name: 'resnet20_cifar',
    options: {},
  });
  let plans = 0;
  const planTraining: Network['planTraining'] = (...args) => {
    plans++;
    return network.planTraining(...args);
  };
  return { network: { ...network, planTraining }, plans: () => plans };
}

test("memory is the container's, where it is limited", () => {
  // What Node 22 to 26 say: within a limit of 2 GiB, of a group without one, and where they cannot tell.
  expect(memory(24 * gibi, 2 * gibi)).toEqual({ total: 24 * gibi, limit: 2 * gibi });
  for (const none of [2 ** 64, 2 ** 63 - 4096, 0]) {
    expect(memory(24 * gibi, none)).toEqual({ total: 24 * gibi, limit: undefined });
  }
  expect(largestProgram({ total: 24 * gibi, limit: 2 * gibi })).toBe(1.375 * gibi);
  expect(largestProgram({ total: 4 * gibi, limit: undefined })).toBe(2.875 * gibi);
  expect(largestProgram({ total: 24 * gibi, limit: 2 ** 20 })).toBe(0);
});

test('a run takes the micro-batch that fits into it', () => {
  const recipe = { ...findRecipe('quick'), batchSize: 64 };
  const { network } = counted(64);
  const size = (limit: number): number =>
    fitPlan(network, createReferenceBackend(), recipe, {
      memoryLimit: largestProgram({ total: 24 * gibi, limit }),
    }).microBatchSize;
  const sizes = [8, 1, 0.5, 0.375].map((limit) => size(limit * gibi));
  expect(sizes[0]).toBe(64);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(sizes.at(-1)).toBeLessThan(64);
});

test('a backend with less room loads what fits into it, and says what does not', async () => {
  expect(createReferenceBackend(1000).maxBytes).toBe(1000);
  const backend = await createNodeBackend({ threads: 1, blas: false });
  expect(backend.maxBytes).toBeLessThanOrEqual(largestProgram());
  await backend.dispose();
});

test('pictures whose program cannot fit are refused after a few plans, whatever the batch', () => {
  for (const batchSize of [32, 5040]) {
    const { network, plans } = counted(4096);
    expect(() => {
      requireRoom(network, { ...findRecipe('quick'), batchSize }, false, 4 * gibi);
    }).toThrow(
      new RegExp(
        `training on ${batchSize} pictures at once takes \\d+ MiB, there are 4096 MiB: no smaller batch would fit$`,
      ),
    );
    // The whole batch, the smallest part of it, and one picture; 5040 has sixty divisors.
    expect(plans()).toBeLessThanOrEqual(3);
  }
});

test('batches that do not fit into memory are refused before there are any', async () => {
  const pictures = trainingPictures(await openData('data/fashion-mnist-sample'));
  const preprocessing = defaultPreprocessing({ channels: 1, imageSize: 4096, mean: [0], std: [1] });
  expect(() => createLoader(pictures, { batchSize: 65_536, training: false, preprocessing })).toThrow(
    /a batch takes \d+ MiB, and there are/,
  );
});
