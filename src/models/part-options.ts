import { flag, oneOf, type Kind, type Kinds } from '../base/options.ts';

/** The activations that a network can have, by PyTorch's names. */
export const activationNames = ['relu', 'relu6', 'silu', 'hardswish', 'gelu', 'leaky_relu'] as const;

export type ActivationName = (typeof activationNames)[number];

/**
 * - `se`: squeeze-and-excitation, a bottleneck of the channels' means;
 * - `eca`: efficient channel attention, a convolution along the channels' means;
 * - `sk`: selective kernels, two 3×3 convolutions of which one is dilated, weighed against each other;
 * - `gc`: global context, like `se` behind a mean that attends to places;
 * - `bat`: bilinear attentional transforms, which mix the rows and the columns of blocks; for pictures of a multiple of 256 pixels.
 */
export type Attention = 'none' | 'se' | 'eca' | 'sk' | 'gc' | 'bat';

/** What grew on residual networks after ResNeXt: options of every one of them, to be combined at will. */
export interface PartOptions {
  /**
   * `imagenet`: 7×7 with stride 2, and a max pool; `cifar`: 3×3, for pictures of 32×32; `deep`: three 3×3 instead of the 7×7, the first
   * two half as wide (He et al. 2019, "Bag of tricks", ResNet-C); `deep_tiered`: the first three eighths as wide.
   */
  readonly stem?: 'imagenet' | 'cifar' | 'deep' | 'deep_tiered';
  /** The stem has so many times `planes` channels. */
  readonly stemMultiplier?: number;
  /** Projections with a stride average 2×2 pixels first, so that they see them all (ResNet-D of "Bag of tricks"). */
  readonly avgDown?: boolean;
  readonly attention?: Attention;
  /** Attention has so many times fewer channels inside than outside. */
  readonly reduction?: number;
  /** What stands for strides of the 3×3 and of the max pool: `avg` averages 2×2; `blur` has a binomial filter of 3×3 (Zhang 2019). */
  readonly antialias?: 'none' | 'avg' | 'blur';
  /**
   * Stochastic depth: the probability with which training leaves out the last block for a picture; it rises to that from 0 in the
   * first (Huang et al. 2016).
   */
  readonly dropPath?: number;
  readonly activation?: ActivationName;
}

const share: Kind = {
  expected: 'a number of at least 0 and below 1',
  is: (value) => typeof value === 'number' && value >= 0 && value < 1,
};
const count: Kind = {
  expected: `a whole number from 1 to ${2 ** 20}`,
  is: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 2 ** 20,
};

export const partKinds: Kinds<PartOptions> = {
  stem: oneOf('imagenet', 'cifar', 'deep', 'deep_tiered'),
  stemMultiplier: count,
  avgDown: flag,
  attention: oneOf('none', 'se', 'eca', 'sk', 'gc', 'bat'),
  reduction: count,
  antialias: oneOf('none', 'avg', 'blur'),
  dropPath: share,
  activation: oneOf(...activationNames),
};

/** What the papers' networks have, behind stems of their own. */
export const partDefaults = {
  stemMultiplier: 1,
  avgDown: false,
  attention: 'none',
  reduction: 16,
  antialias: 'none',
  dropPath: 0,
  activation: 'relu',
} as const satisfies PartOptions;
