import { checkOptions, oneOf, type Kinds } from '../base/options.ts';
import { activationOf } from './blocks/activation.ts';
import { makeDivisible } from './blocks/divisible.ts';
import {
  mobileKinds,
  MobileNetwork,
  repeated,
  squeezeToQuarter,
  type BlockSpec,
  type MobileOptions,
} from './mobile-network.ts';
import { kindsOf } from './options.ts';

/**
 * EfficientNetV2: Smaller Models and Faster Training (Tan and Le, ICML 2021, arXiv 2104.00298), its small one, with timm's
 * parameter names.
 */

/** What a block is, its expansion, channels, layers, and stride of the first, of EfficientNetV2-S's stages (Table 4). */
type Row = readonly [
  kind: 'conv' | 'fused' | 'mb',
  expansion: number,
  channels: number,
  layers: number,
  stride: number,
];

const middle: readonly Row[] = [
  ['fused', 4, 48, 4, 2],
  ['fused', 4, 64, 4, 2],
  ['mb', 4, 128, 6, 2],
  ['mb', 6, 160, 9, 1],
];

/** As the authors published it, and as timm's author read the paper before they did (`efficientnetv2_rw_s`). */
const variants = {
  published: {
    rows: [['conv', 1, 24, 2, 1], ...middle, ['mb', 6, 256, 15, 2]] as readonly Row[],
    features: 1280,
  },
  rw: {
    rows: [['fused', 1, 24, 2, 1], ...middle, ['mb', 6, 272, 15, 2]] as readonly Row[],
    features: 1792,
  },
};

/** Options of `EfficientNetV2`. */
export interface EfficientNetV2Options extends MobileOptions {
  readonly variant?: keyof typeof variants;
  /** Every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Every stage has so many times the paper's layers, rounded up. */
  readonly depthMultiplier?: number;
}

const kinds: Kinds<EfficientNetV2Options> = {
  ...mobileKinds,
  ...kindsOf('widthMultiplier', 'depthMultiplier'),
  variant: oneOf('published', 'rw'),
};

/** N×3×H×W → N×1000. */
export class EfficientNetV2 extends MobileNetwork {
  static override readonly typeName: string = 'EfficientNetV2';

  constructor(options: EfficientNetV2Options = {}) {
    checkOptions('EfficientNetV2', options, kinds);
    const { variant = 'published', widthMultiplier = 1, depthMultiplier = 1, ...rest } = options;
    const { rows, features } = variants[variant];
    const activation = activationOf('silu');
    const wide = (channels: number) => makeDivisible(channels * widthMultiplier);
    const stages = rows.map(([kind, expansion, channels, layers, stride]) => {
      const block: BlockSpec = { kind, kernelSize: 3, stride, expansion, channels: wide(channels) };
      return repeated(Math.ceil(layers * depthMultiplier), {
        ...block,
        attention: kind === 'mb' ? squeezeToQuarter(activation) : undefined,
      });
    });
    super(wide(24), stages, wide(features), { ...rest, activation });
  }
}
