import { augmentationSchema } from '../../data/preprocessing.ts';
import { recipes, withOverrides } from '../../train/recipe.ts';
import type { Claim } from '../claims.ts';
import type { Contrast } from '../statistics.ts';
import type { Arm, CostRule, Measure, Pictures, TrainingSetting } from '../study.ts';

export const testError: Measure = { key: 'testError', label: 'test error', unit: '%', digits: 2 };
export const trainError: Measure = {
  key: 'trainError',
  label: 'training error',
  unit: '%',
  digits: 2,
};

const imagenet: Pictures = { name: 'ImageNet-1K', train: 1_281_167, test: 50_000, classes: 1000, size: 224 };
const cifar10: Pictures = { name: 'CIFAR-10', train: 50_000, test: 10_000, classes: 10, size: 32 };

/** Section 4: ImageNet, 100 epochs in batches of 256. */
export const paperImagenet: TrainingSetting = { recipe: recipes.imagenet, pictures: imagenet };

/** Section 5.3: CIFAR-10, 300 epochs in batches of 128. */
export const paperCifar: TrainingSetting = { recipe: recipes.cifar, pictures: cifar10 };

/**
 * The paper's recipe for CIFAR in small: 6,000 pictures of 16×16, ten epochs in batches of 64 with the learning rate that
 * belongs to them, which falls at a half and at three quarters of the run as the paper's does.
 */
export const smallCifar: TrainingSetting = {
  recipe: {
    ...withOverrides(recipes.cifar, {
      epochs: 10,
      batchSize: 64,
      learningRate: 0.05,
      augmentation: augmentationSchema.parse({ crop: { kind: 'pad', padding: 2 }, flip: 0.5 }),
    }),
    name: 'cifar, shortened',
  },
  pictures: cifar10,
  trainPictures: 6000,
  curvePictures: 1000,
  imageSize: 16,
};

/** Networks for photographs by their names in the registry. */
export function registered(
  id: string,
  name: string,
  label: string,
  more: Partial<Pick<Arm, 'published' | 'series'>> = {},
  options: Readonly<Record<string, boolean>> = {},
): Arm {
  return { id, label, network: { name, options }, ...more };
}

export interface SmallNetwork {
  readonly cardinality: number;
  /** d, as the paper counts it: at 64 planes. */
  readonly width: number;
  readonly layers: readonly number[];
  readonly planes: number;
}

/** A narrow ResNeXt for small pictures; 16 planes are a quarter of the paper's widths. */
export function small(
  { cardinality, width, layers, planes }: SmallNetwork,
  more: Partial<Arm> = {},
  options: Readonly<Record<string, boolean>> = {},
): Arm {
  const label = `${cardinality}×${width}d`;
  return {
    id: `${cardinality}x${width}d`,
    label,
    network: {
      name: 'resnext_cifar',
      options: { layers: [...layers], cardinality, baseWidth: width, planes, ...options },
    },
    ...more,
  };
}

/** The rule that arms cost so many times what a reference does. */
export function costRule(
  unit: CostRule['unit'],
  tolerance: number,
  reference: string,
  times: CostRule['times'],
): CostRule {
  return { unit, tolerance, reference, times };
}

/** Arms that all cost what the first does. */
export function equalCost(
  arms: readonly Arm[],
  tolerance: number,
  unit: CostRule['unit'] = 'macs',
): CostRule {
  return costRule(unit, tolerance, arms[0].id, Object.fromEntries(arms.map(({ id }) => [id, 1])));
}

/** What a contrast comes to with the paper's figures; undefined if an arm of it has none. */
export function publishedContrast(arms: readonly Arm[], weights: Contrast): number | undefined {
  let sum = 0;
  for (const [id, weight] of Object.entries(weights)) {
    const published = arms.find((arm) => arm.id === id)?.published;
    if (published === undefined) return undefined;
    sum += weight * published;
  }
  return sum;
}

/** The claim that `better` has the lower error. */
export function lower(
  arms: readonly Arm[],
  better: string,
  worse: string,
  claim: string,
  measure: Measure = testError,
): Claim {
  const weights = { [worse]: 1, [better]: -1 };
  const published = measure === testError ? publishedContrast(arms, weights) : undefined;
  return {
    claim,
    measure: measure.key,
    contrast: weights,
    what: `points of ${measure.label}`,
    ...(published === undefined ? {} : { published }),
  };
}
