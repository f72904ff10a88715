import { checkOptions, flag, oneOf, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { AdaptiveAvgPool2d, Conv2d, Dropout, Hardsigmoid, Linear, type Module } from '../nn/index.ts';
import { activationOf } from './blocks/activation.ts';
import { makeDivisible } from './blocks/divisible.ts';
import { SqueezeExcite } from './blocks/squeeze-excite.ts';
import { initializeMobile } from './mobile-init.ts';
import {
  mobileKinds,
  MobileTrunk,
  squeezeNames,
  type BlockSpec,
  type MobileOptions,
} from './mobile-network.ts';
import { kindsOf } from './options.ts';

/** Searching for MobileNetV3 (Howard et al., ICCV 2019, arXiv 1905.02244), with timm's parameter names. */

const RE = activationOf('relu');
const HS = activationOf('hardswish');

/** A bottleneck: its kernel, inner and outer channels, squeeze-and-excitation, nonlinearity and stride. */
type Row = readonly [
  kernel: number,
  expanded: number,
  channels: number,
  se: boolean,
  nonlinearity: () => Module,
  stride: number,
];

/** Table 1. */
const large: readonly Row[] = [
  [3, 16, 16, false, RE, 1],
  [3, 64, 24, false, RE, 2],
  [3, 72, 24, false, RE, 1],
  [5, 72, 40, true, RE, 2],
  [5, 120, 40, true, RE, 1],
  [5, 120, 40, true, RE, 1],
  [3, 240, 80, false, HS, 2],
  [3, 200, 80, false, HS, 1],
  [3, 184, 80, false, HS, 1],
  [3, 184, 80, false, HS, 1],
  [3, 480, 112, true, HS, 1],
  [3, 672, 112, true, HS, 1],
  [5, 672, 160, true, HS, 2],
  [5, 960, 160, true, HS, 1],
  [5, 960, 160, true, HS, 1],
];

/** Table 2. */
const small: readonly Row[] = [
  [3, 16, 16, true, RE, 2],
  [3, 72, 24, false, RE, 2],
  [3, 88, 24, false, RE, 1],
  [5, 96, 40, true, HS, 2],
  [5, 240, 40, true, HS, 1],
  [5, 240, 40, true, HS, 1],
  [5, 120, 48, true, HS, 1],
  [5, 144, 48, true, HS, 1],
  [5, 288, 96, true, HS, 2],
  [5, 576, 96, true, HS, 1],
  [5, 576, 96, true, HS, 1],
];

const variants = {
  large: { rows: large, last: 960, features: 1280 },
  small: { rows: small, last: 576, features: 1024 },
};

/** Options of `MobileNetV3`. */
export interface MobileNetV3Options extends MobileOptions {
  readonly variant?: keyof typeof variants;
  /** Every number of channels is so many times the paper's, but for the stem's below 0.75, and the head's. */
  readonly widthMultiplier?: number;
  /** The head's first layer is a linear one, as in torchvision, and not a 1×1 convolution of the means, as in timm. */
  readonly linearHead?: boolean;
}

const kinds: Kinds<MobileNetV3Options> = {
  ...mobileKinds,
  ...kindsOf('widthMultiplier'),
  variant: oneOf('large', 'small'),
  linearHead: flag,
};

/** N×3×H×W → N×1000. The head takes the mean of each channel first, which makes its last layers cheap (Figure 5). */
export class MobileNetV3 extends MobileTrunk {
  static override readonly typeName: string = 'MobileNetV3';

  readonly global_pool: AdaptiveAvgPool2d;
  readonly conv_head: Conv2d | Linear;
  readonly act2: Module;
  readonly dropout: Dropout | undefined;
  readonly classifier: Linear;

  constructor(options: MobileNetV3Options = {}) {
    checkOptions('MobileNetV3', options, kinds);
    const { variant = 'large', widthMultiplier = 1, linearHead = false, ...rest } = options;
    const { numClasses = 1000, dropout = 0 } = options;
    const { rows, last, features } = variants[variant];
    const wide = (channels: number) => makeDivisible(channels * widthMultiplier);
    const ends: BlockSpec = { kind: 'conv', kernelSize: 1, stride: 1, channels: wide(last) };
    super(widthMultiplier < 0.75 ? 16 : wide(16), [...stagesOf(rows, wide), [ends]], {
      ...rest,
      activation: HS,
    });
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.conv_head = linearHead
      ? new Linear(this.trunkChannels, features)
      : new Conv2d(this.trunkChannels, features, 1);
    this.act2 = HS();
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.classifier = new Linear(features, numClasses);
    initializeMobile(this);
  }

  forward(x: Value): Value {
    const means = this.global_pool(this.trunk(x));
    const out =
      this.conv_head instanceof Linear
        ? this.act2(this.conv_head(F.flatten(means)))
        : F.flatten(this.act2(this.conv_head(means)));
    return this.classifier(this.dropout?.(out) ?? out);
  }
}

/** Rows of equal channels are a stage. A row's expansion is its inner channels by those of the row before, at the paper's width. */
function stagesOf(rows: readonly Row[], wide: (channels: number) => number): BlockSpec[][] {
  const stages: BlockSpec[][] = [];
  rows.forEach(([kernelSize, expanded, channels, se, activation, stride], index) => {
    const [, , before] = index === 0 ? [0, 0, 16] : rows[index - 1];
    const spec: BlockSpec = {
      kernelSize,
      stride,
      expansion: expanded / before,
      channels: wide(channels),
      attention: se ? squeezed : undefined,
      activation,
    };
    if (index === 0 || channels !== before) stages.push([spec]);
    else stages[stages.length - 1].push(spec);
  });
  return stages;
}

/** To a quarter of the inner channels, with ReLU between and a hard sigmoid at the end (section 5.3). */
function squeezed(inner: number): SqueezeExcite {
  return new SqueezeExcite(inner, {
    names: squeezeNames,
    reducedChannels: makeDivisible(inner / 4),
    activation: RE,
    gate: () => new Hardsigmoid(),
  });
}
