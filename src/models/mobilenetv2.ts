import { checkOptions, flag, type Kinds } from '../base/options.ts';
import { activationOf } from './blocks/activation.ts';
import { makeDivisible } from './blocks/divisible.ts';
import { mobileKinds, MobileNetwork, repeated, type MobileOptions } from './mobile-network.ts';
import { kindsOf } from './options.ts';

/**
 * MobileNetV2: Inverted Residuals and Linear Bottlenecks (Sandler et al., CVPR 2018, arXiv 1801.04381), with timm's parameter
 * names.
 */

/** Expansion t, channels c, blocks n, and stride s of the first (Table 2). */
const bottlenecks = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** Options of `MobileNetV2`. */
export interface MobileNetV2Options extends MobileOptions {
  /** α: every number of channels is so many times the paper's, but for the last layer's 1280, which it only makes more. */
  readonly widthMultiplier?: number;
  /** Every stage has so many times the paper's blocks, rounded up. */
  readonly depthMultiplier?: number;
  /** Leaves the stem, the last layer and the depth of the first and the last stage as they are: timm's `110d` and `120d`. */
  readonly fixedEnds?: boolean;
}

const kinds: Kinds<MobileNetV2Options> = {
  ...mobileKinds,
  ...kindsOf('widthMultiplier', 'depthMultiplier'),
  fixedEnds: flag,
};

/** N×3×H×W → N×1000. */
export class MobileNetV2 extends MobileNetwork {
  static override readonly typeName: string = 'MobileNetV2';

  constructor(options: MobileNetV2Options = {}) {
    checkOptions('MobileNetV2', options, kinds);
    const { widthMultiplier = 1, depthMultiplier = 1, fixedEnds = false, ...rest } = options;
    const wide = (channels: number) => makeDivisible(channels * widthMultiplier);
    const stages = bottlenecks.map(([expansion, channels, layers, stride], stage) => {
      const fixed = fixedEnds && (stage === 0 || stage === bottlenecks.length - 1);
      const deep = fixed ? layers : Math.ceil(layers * depthMultiplier);
      return repeated(deep, { kernelSize: 3, stride, expansion, channels: wide(channels) });
    });
    super(fixedEnds ? 32 : wide(32), stages, fixedEnds ? 1280 : Math.max(1280, wide(1280)), {
      ...rest,
      activation: activationOf('relu6'),
    });
  }
}
