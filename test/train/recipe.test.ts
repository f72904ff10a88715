import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import {
  decaysParameter,
  emaDecay,
  hyperAt,
  optimizerPlan,
  optimizerSchema,
} from '../../src/train/optimizer.ts';
import { findRecipe, recipeSchema, recipes, withOverrides } from '../../src/train/recipe.ts';
import { learningRateAt } from '../../src/train/schedule.ts';

describe('the paper’s recipes', () => {
  test.each([
    [0, 0.1],
    [29, 0.1],
    [30, 0.01],
    [59, 0.01],
    [60, 0.001],
    [90, 0.0001],
    [99, 0.0001],
  ])('imagenet: the rate of epoch %i is %d', (epoch, rate) => {
    const { schedule, optimizer, epochs } = recipes.imagenet;
    const clock = { step: epoch * 5004, stepsPerEpoch: 5004, epochs };
    expect(learningRateAt(schedule, optimizer.learningRate, clock)).toBeCloseTo(rate, 12);
  });

  test.each([
    [149, 0.1],
    [150, 0.01],
    [224, 0.01],
    [225, 0.001],
    [299, 0.001],
  ])('cifar: the rate of epoch %i is %d', (epoch, rate) => {
    const { schedule, optimizer, epochs } = recipes.cifar;
    const clock = { step: epoch * 390 + 389, stepsPerEpoch: 390, epochs };
    expect(learningRateAt(schedule, optimizer.learningRate, clock)).toBeCloseTo(rate, 12);
  });

  test('batch sizes, decay and momentum', () => {
    expect(recipes.imagenet).toMatchObject({ batchSize: 256, epochs: 100, labelSmoothing: 0 });
    expect(recipes.imagenet.optimizer).toMatchObject({ kind: 'sgd', weightDecay: 1e-4, momentum: 0.9 });
    expect(recipes.cifar).toMatchObject({ batchSize: 128, epochs: 300 });
    expect(recipes.cifar.optimizer).toMatchObject({ kind: 'sgd', weightDecay: 5e-4, decayNorms: true });
  });

  test('are plain data that survive JSON', () => {
    for (const recipe of Object.values(recipes)) {
      expect(recipeSchema.parse(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
    }
  });
});

test('an unknown recipe is answered with the nearest', () => {
  expect(findRecipe('cifar')).toBe(recipes.cifar);
  expect(() => findRecipe('cifra')).toThrow(/unknown recipe 'cifra'; there are cifar/);
  expect(() => findRecipe('toString')).toThrow(UsageError);
});

describe('overrides', () => {
  test('what is undefined stays', () => {
    expect(withOverrides(recipes.quick, { epochs: undefined, learningRate: undefined })).toEqual(
      recipes.quick,
    );
  });

  test('numbers go where they belong, and the schedule keeps its shape', () => {
    const recipe = withOverrides(recipes.cifar, {
      epochs: 30,
      learningRate: 0.05,
      weightDecay: 0,
      ema: 0.99,
    });
    expect(recipe).toMatchObject({
      epochs: 30,
      optimizer: { learningRate: 0.05, weightDecay: 0, momentum: 0.9 },
      schedule: { milestones: [15, 22.5] },
      ema: { decay: 0.99, warmUp: true },
    });
    expect(recipes.cifar.epochs).toBe(300);
  });

  test.each([
    [{ epochs: 0 }, /recipe 'quick': epochs: /],
    [{ epochs: 2.5 }, /recipe 'quick': epochs: /],
    [{ batchSize: -1 }, /recipe 'quick': batchSize: /],
    [{ learningRate: 0 }, /recipe 'quick': optimizer\.learningRate: /],
    [{ learningRate: NaN }, /recipe 'quick': optimizer\.learningRate: /],
    [{ labelSmoothing: 1 }, /recipe 'quick': labelSmoothing: /],
    [{ ema: 1 }, /recipe 'quick': ema\.decay: /],
    [{ mixup: -1 }, /recipe 'quick': mix\.mixup: /],
  ])('%o is a usage error', (overrides, message) => {
    expect(() => withOverrides(recipes.quick, overrides)).toThrow(message);
    expect(() => withOverrides(recipes.quick, overrides)).toThrow(UsageError);
  });
});

describe('optimisers', () => {
  const sgd = optimizerSchema.parse({ kind: 'sgd', learningRate: 0.1, weightDecay: 5e-4 });
  const adamw = optimizerSchema.parse({
    kind: 'adamw',
    learningRate: 1e-3,
    weightDecay: 0.05,
    decayNorms: false,
  });

  test('SGD’s numbers', () => {
    expect(hyperAt(sgd, 0.05, 3)).toEqual(Float32Array.of(0.05, 0.9, 5e-4));
  });

  test('AdamW’s numbers: every complement is of the number itself, not of what f32 makes of it', () => {
    const betas = [0.9, 0.1, 0.999, 0.001];
    const first = [1e-3 / 0.1, 1e-3 * 0.05, 1e-8, 1 / Math.sqrt(0.001), ...betas];
    expect(hyperAt(adamw, 1e-3, 0)).toEqual(Float32Array.from(first));
    // 1 − 0.9³ = 0.271, 1 − 0.999³ = 0.002997001
    const third = [1e-3 / 0.271, 1e-3 * 0.05, 1e-8, 1 / Math.sqrt(0.002997001), ...betas];
    expect(hyperAt(adamw, 1e-3, 2)).toEqual(Float32Array.from(third));
    expect(emaDecay(0.9999)).toEqual(Float32Array.of(0.9999, 1e-4));
  });

  test('everything decays unless norms and biases are left out', () => {
    expect(decaysParameter(sgd, [64])).toBe(true);
    expect(decaysParameter(adamw, [64])).toBe(false);
    expect(decaysParameter(adamw, [64, 4, 3, 3])).toBe(true);
    expect(decaysParameter({ ...sgd, weightDecay: 0 }, [64, 4, 3, 3])).toBe(false);
  });

  test('Nesterov without momentum is plain SGD', () => {
    const plain = optimizerSchema.parse({ kind: 'sgd', learningRate: 1, momentum: 0, nesterov: true });
    expect(optimizerPlan(plain)).toEqual({ kind: 'sgd', momentum: false, nesterov: false });
  });
});
