import { checkOptions, type Kinds } from '../base/options.ts';
import { activationOf } from './blocks/activation.ts';
import { makeDivisible } from './blocks/divisible.ts';
import {
  mobileKinds,
  MobileNetwork,
  repeated,
  squeezeToQuarter,
  type MobileOptions,
} from './mobile-network.ts';
import { kindsOf } from './options.ts';

/**
 * EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks (Tan and Le, ICML 2019, arXiv 1905.11946), with
 * timm's parameter names.
 */

/** Expansion and kernel of MBConv, channels, layers, and stride of the first, of EfficientNet-B0's stages (Table 1). */
const stages = [
  [1, 3, 16, 1, 1],
  [6, 3, 24, 2, 2],
  [6, 5, 40, 2, 2],
  [6, 3, 80, 3, 2],
  [6, 5, 112, 3, 1],
  [6, 5, 192, 4, 2],
  [6, 3, 320, 1, 1],
] as const;

/** Options of `EfficientNet`. */
export interface EfficientNetOptions extends MobileOptions {
  /** Every number of channels is so many times B0's. */
  readonly widthMultiplier?: number;
  /** Every stage has so many times B0's layers, rounded up. */
  readonly depthMultiplier?: number;
}

const kinds: Kinds<EfficientNetOptions> = {
  ...mobileKinds,
  ...kindsOf('widthMultiplier', 'depthMultiplier'),
};

/** N×3×H×W → N×1000; without options B0. */
export class EfficientNet extends MobileNetwork {
  static override readonly typeName: string = 'EfficientNet';

  constructor(options: EfficientNetOptions = {}) {
    checkOptions('EfficientNet', options, kinds);
    const { widthMultiplier = 1, depthMultiplier = 1, ...rest } = options;
    const activation = activationOf('silu');
    const wide = (channels: number) => makeDivisible(channels * widthMultiplier);
    const table = stages.map(([expansion, kernelSize, channels, layers, stride]) =>
      repeated(Math.ceil(layers * depthMultiplier), {
        kernelSize,
        stride,
        expansion,
        channels: wide(channels),
        attention: squeezeToQuarter(activation),
      }),
    );
    super(wide(32), table, wide(1280), { ...rest, activation });
  }
}
