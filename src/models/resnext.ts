import { checkOptions, type Kinds } from '../base/options.ts';
import { shortcutKinds } from './shortcut.ts';
import { bottlenecks } from './bottlenecks.ts';
import { kindsOf, type Form } from './options.ts';
import { partKinds } from './part-options.ts';
import { ResNet, type ResNetOptions } from './resnet.ts';

/**
 * Aggregated Residual Transformations for Deep Neural Networks (Xie et al., CVPR 2017, arXiv 1611.05431).
 * "C×d" names a network's cardinality C and bottleneck width d: the inner width of a block is ⌊planes·d/64⌋·C.
 */

/** Blocks of the four stages, by the number of weighted layers (Table 1; 152 and 200 as He et al.). */
export const imagenetLayers: Readonly<Record<number, readonly number[]>> = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
};

/** Options of `resnext` and `resnextCifar`. */
export interface ResNeXtOptions extends Omit<ResNetOptions, 'groups' | 'widthPerGroup'> {
  /** C, the number of transformations aggregated. */
  readonly cardinality?: number;
  /** d, the width of each in the first stage. */
  readonly baseWidth?: number;
  /**
   * How the blocks are built: (a), (b) or (c) of the paper's Figure 3. All compute the same; (c), the default, is the fast
   * one. `convertForm` converts their weights.
   */
  readonly form?: Form;
}

const kinds: Kinds<ResNeXtOptions> = {
  ...shortcutKinds,
  ...partKinds,
  ...kindsOf(
    'cardinality',
    'baseWidth',
    'form',
    'depthwise',
    'planes',
    'numClasses',
    'inChannels',
    'dropout',
  ),
};

/** N×3×H×W → N×1000. Default: ResNeXt-50 32×4d. */
export function resnext(
  layers: readonly number[] = imagenetLayers[50],
  options: ResNeXtOptions = {},
): ResNet {
  checkOptions('resnext', options, kinds);
  const { cardinality = 32, baseWidth = 4, form = 'c', ...rest } = options;
  return new ResNet(bottlenecks[form], layers, { ...rest, groups: cardinality, widthPerGroup: baseWidth });
}

/**
 * ResNeXt for 32×32 pictures, N×3×H×W → N×10 (section 5.3): a 3×3 stem of 64 channels and three stages that end with 256,
 * 512 and 1024. Default: ResNeXt-29 8×64d.
 */
export function resnextCifar(layers: readonly number[] = [3, 3, 3], options: ResNeXtOptions = {}): ResNet {
  checkOptions('resnextCifar', options, kinds);
  const { cardinality = 8, baseWidth = 64, form = 'c', numClasses = 10, stem = 'cifar', ...rest } = options;
  return new ResNet(bottlenecks[form], layers, {
    ...rest,
    stem,
    numClasses,
    groups: cardinality,
    widthPerGroup: baseWidth,
  });
}

export const resnext50_32x4d = (options: ResNeXtOptions = {}) => resnext(imagenetLayers[50], options);

export const resnext101_32x4d = (options: ResNeXtOptions = {}) => resnext(imagenetLayers[101], options);

export const resnext101_64x4d = (options: ResNeXtOptions = {}) =>
  resnext(imagenetLayers[101], { ...options, cardinality: 64 });

export const resnext101_32x8d = (options: ResNeXtOptions = {}) =>
  resnext(imagenetLayers[101], { ...options, baseWidth: 8 });
