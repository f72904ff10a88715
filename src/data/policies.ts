import type { Rng } from '../base/rng.ts';
import { imagenetPolicy } from './auto-policy.ts';
import type { Picture } from './dataset.ts';
import { adaptStatistics } from './in-channels.ts';
import type { Policy } from './strong-augmentation.ts';
import { applyOperation, type Operation, type OperationName } from './transforms/operation.ts';
import { roundHalfEven } from './transforms/region.ts';

type Size = Pick<Picture, 'width' | 'height'>;

/**
 * Draws from `rng` what a policy does to a picture, and does it. Where pixels are moved away from, timm's RandAugment leaves the data
 * set's `mean` (in [0, 1] for each channel), torchvision's policies black.
 */
export function applyPolicy(picture: Picture, policy: Policy, mean: readonly number[], rng: Rng): Picture {
  const fill = policy.kind === 'rand' ? greyLevels(mean, picture.channels) : [0, 0, 0];
  return drawOperations(policy, picture, rng).reduce(
    (changed, operation) => applyOperation(changed, operation, fill),
    picture,
  );
}

/** What a policy does to a picture of this size. */
export function drawOperations(policy: Policy, size: Size, rng: Rng): Operation[] {
  switch (policy.kind) {
    case 'rand':
      return drawAsTimm(policy, size, rng);
    case 'rand-torchvision':
      return Array.from({ length: policy.n }, () => {
        const name = oneOf(randNames, rng);
        return torchOperation('rand', name, policy.magnitude, rng.float() < 0.5, size);
      });
    case 'trivial': {
      const name = oneOf(randNames, rng);
      return [torchOperation('trivial', name, rng.int(bins.trivial), rng.float() < 0.5, size)];
    }
    case 'auto': {
      const pair = oneOf(imagenetPolicy, rng);
      return pair.flatMap(([name, probability, magnitude = 0]) => {
        const [isDone, isNegative] = [rng.float() < probability, rng.float() < 0.5];
        return isDone ? [torchOperation('auto', name, magnitude, isNegative, size)] : [];
      });
    }
  }
}

const names: readonly OperationName[] = [
  ...(['ShearX', 'ShearY', 'TranslateX', 'TranslateY', 'Rotate'] as const),
  ...(['Brightness', 'Color', 'Contrast', 'Sharpness'] as const),
  ...(['Posterize', 'Solarize', 'AutoContrast', 'Equalize'] as const),
];
/** Those of torchvision's RandAugment and TrivialAugment, and of timm's RandAugment. */
const randNames: readonly OperationName[] = ['Identity', ...names];
const timmNames: readonly OperationName[] = [...names, 'Invert', 'SolarizeAdd'];

/** Magnitudes that torchvision's policies distinguish. */
const bins = { rand: 31, auto: 10, trivial: 31 } as const;

/** torchvision's operation of a magnitude, from 0 to the policy's `bins` − 1. */
export function torchOperation(
  policy: keyof typeof bins,
  name: OperationName,
  magnitude: number,
  isNegative: boolean,
  { width, height }: Size,
): Operation {
  const isWide = policy === 'trivial';
  const last = bins[policy] - 1;
  const to = (most: number): number => linspace(0, most, bins[policy], magnitude);
  const signed = (value: number): number => (isNegative ? -value : value);
  const value = (): number => {
    switch (name) {
      case 'ShearX':
      case 'ShearY':
        return signed(to(isWide ? 0.99 : 0.3));
      case 'TranslateX':
      case 'TranslateY': {
        const most = isWide ? 32 : (150 / 331) * (name === 'TranslateX' ? width : height);
        return -Math.trunc(signed(to(most)));
      }
      case 'Rotate':
        return signed(to(isWide ? 135 : 30));
      case 'Brightness':
      case 'Color':
      case 'Contrast':
      case 'Sharpness':
        return 1 + signed(to(isWide ? 0.99 : 0.9));
      case 'Posterize':
        return 8 - roundHalfEven(magnitude / (last / (isWide ? 6 : 4)));
      case 'Solarize':
        return linspace(255, 0, bins[policy], magnitude);
      default:
        return 0;
    }
  };
  return { name, value: value(), interpolation: 'nearest' };
}

/** torch.linspace in single precision: from both ends to the middle. */
function linspace(from: number, to: number, count: number, index: number): number {
  const { fround } = Math;
  const step = fround((fround(to) - fround(from)) / (count - 1));
  return index < Math.floor(count / 2)
    ? fround(fround(from) + fround(step * index))
    : fround(fround(to) - fround(step * (count - 1 - index)));
}

function drawAsTimm(policy: Policy & { kind: 'rand' }, size: Size, rng: Rng): Operation[] {
  const { n, magnitude, std, probability } = policy;
  const drawn = Array.from({ length: n }, () => oneOf(timmNames, rng));
  return drawn.flatMap((name) => {
    if (rng.float() >= probability) return [];
    const level = std === 0 ? magnitude : Math.max(0, Math.min(magnitude + std * rng.normal(), 10));
    const isNegative = rng.float() < 0.5;
    const interpolation = rng.float() < 0.5 ? 'bilinear' : 'bicubic';
    return [{ name, value: timmValue(name, level, policy.increasing, isNegative, size), interpolation }];
  });
}

/** The value of timm's operation of a level from 0 to 10. */
export function timmValue(
  name: OperationName,
  level: number,
  isIncreasing: boolean,
  isNegative: boolean,
  { width, height }: Size,
): number {
  const share = level / 10;
  const signed = (value: number): number => (isNegative ? -value : value);
  switch (name) {
    case 'ShearX':
    case 'ShearY':
      return signed(share * 0.3);
    case 'TranslateX':
      return signed(share * 0.45) * width;
    case 'TranslateY':
      return signed(share * 0.45) * height;
    case 'Rotate':
      return signed(share * 30);
    case 'Brightness':
    case 'Color':
    case 'Contrast':
    case 'Sharpness':
      return isIncreasing ? Math.max(0.1, 1 + signed(share * 0.9)) : share * 1.8 + 0.1;
    case 'Posterize': {
      const bits = Math.trunc(share * 4);
      return isIncreasing ? 4 - bits : bits;
    }
    case 'Solarize': {
      const threshold = Math.min(256, Math.trunc(share * 256));
      return isIncreasing ? 256 - threshold : threshold;
    }
    case 'SolarizeAdd':
      return Math.min(128, Math.trunc(share * 110));
    default:
      return 0;
  }
}

/** The mean as bytes, for pictures of this many channels. */
function greyLevels(mean: readonly number[], channels: 1 | 3): readonly number[] {
  const { mean: adapted } = adaptStatistics({ mean, std: mean }, channels);
  return adapted.map((value) => Math.max(0, Math.min(255, roundHalfEven(255 * value))));
}

function oneOf<T>(choices: readonly T[], rng: Rng): T {
  return choices[rng.int(choices.length)];
}
