import { describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { createModel } from '../../src/models/registry.ts';
import { momentsOf, momentsOfRanks } from '../../src/study/moments.ts';
import { fitPlan } from '../../src/train/micro-batches.ts';
import { networkOf } from '../../src/train/network.ts';
import { recipes } from '../../src/train/recipe.ts';

const name = 'resnet20_cifar';
const network = networkOf(createModel(name), [3, 32, 32], { name, options: {} });

describe.each([1, 2])('a step of two ranks in %i micro-batches', (parts) => {
  const recipe = { ...recipes.cifar, batchSize: 8, accumulate: parts };
  const { plan } = fitPlan(network, createReferenceBackend(), recipe, {
    ranks: { rank: 0, size: 2 },
    bucketBytes: 100_000,
    syncBatchNorm: false,
  });
  const moments = momentsOf(plan, 3, parts);

  test('computes as long as it is said to', () => {
    const seconds = moments.map((moment) => (moment.kind === 'compute' ? moment.seconds : 0));
    expect(seconds.reduce((sum, each) => sum + each, 0)).toBeCloseTo(3, 10);
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(0);
  });

  test('adds every gradient up once, and the sums of each micro-batch', () => {
    const sent = moments.flatMap((moment) => (moment.kind === 'start' ? [moment.bytes] : []));
    const gradients = 4 * countModel(name).params;
    const others = sent.reduce((sum, bytes) => sum + bytes, 0) - gradients;
    // Running mean and variance of 688 channels, and what is told of each micro-batch.
    const statistics = 4 * 2 * 688;
    expect(others).toBeGreaterThanOrEqual(statistics);
    expect(others).toBeLessThan(statistics + 200 * parts);
    expect(sent.length).toBeGreaterThanOrEqual(gradients / 100_000);
  });

  test('waits for each sum after it was begun', () => {
    const open = new Set<string>();
    for (const moment of moments) {
      if (moment.kind === 'start') open.add(moment.buffer);
      if (moment.kind === 'wait') expect(open.delete(moment.buffer)).toBe(true);
    }
    expect([...open]).toEqual([]);
  });
});

test('sums begin while gradients are still computed', () => {
  const { plan } = fitPlan(
    network,
    createReferenceBackend(),
    { ...recipes.cifar, batchSize: 8 },
    {
      ranks: { rank: 0, size: 2 },
      bucketBytes: 100_000,
      syncBatchNorm: false,
    },
  );
  const kinds = momentsOf(plan, 1).map(({ kind }) => kind);
  const first = kinds.indexOf('start');
  const between = kinds.slice(first, kinds.indexOf('wait'));
  expect(between.filter((kind) => kind === 'compute').length).toBeGreaterThan(10);
});

test('what eight ranks do follows from what two and four do', () => {
  const target = createReferenceBackend();
  const [two, four, eight] = [2, 4, 8].map((size) => {
    const recipe = { ...recipes.cifar, batchSize: 3 * size };
    return momentsOf(fitPlan(network, target, recipe, { ranks: { rank: 0, size } }).plan, 1);
  });
  const told = (moments: typeof two) =>
    moments.map((moment) => (moment.kind === 'start' ? moment.bytes : moment.kind));
  expect(told(momentsOfRanks(two, four, 8))).toEqual(told(eight));
  expect(told(eight)).not.toEqual(told(two));
});
