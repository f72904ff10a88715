import { checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  DepthwiseConv2d,
  Dropout,
  Linear,
  Module,
  PointwiseConv2d,
  ReLU6,
  Sequential,
} from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { widthOf } from './narrow.ts';
import { kindsOf } from './options.ts';

/**
 * MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications (Howard et al. 2017, arXiv 1704.04861),
 * with timm's parameter names. As in its authors' program and in timm the activation is ReLU6, where the paper's text
 * says ReLU.
 */

/** Output channels, stride of the first block and blocks of each stage (Table 1). */
const stages = [
  [64, 1, 1],
  [128, 2, 2],
  [256, 2, 2],
  [512, 2, 6],
  [1024, 2, 2],
] as const;

/** Depthwise 3×3 and pointwise convolution, each with batch norm and activation (Figure 3). */
class DepthwiseSeparableConv extends Module {
  static override readonly typeName: string = 'DepthwiseSeparableConv';

  readonly conv_dw: DepthwiseConv2d;
  readonly bn1: BatchNorm2d;
  readonly conv_pw: PointwiseConv2d;
  readonly bn2: BatchNorm2d;
  readonly act: ReLU6;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    this.conv_dw = new DepthwiseConv2d(inChannels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(inChannels);
    this.conv_pw = new PointwiseConv2d(inChannels, outChannels, { bias: false });
    this.bn2 = new BatchNorm2d(outChannels);
    this.act = new ReLU6({ inplace: true });
  }

  forward(x: Value): Value {
    const out = this.act(this.bn1(this.conv_dw(x)));
    return this.act(this.bn2(this.conv_pw(out)));
  }
}

/** Options of `MobileNetV1`. */
export interface MobileNetV1Options {
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** α: every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
}

const kinds: Kinds<MobileNetV1Options> = {
  ...kindsOf('numClasses', 'inChannels', 'widthMultiplier', 'dropout'),
};

/** N×3×H×W → N×1000. */
export class MobileNetV1 extends Module {
  static override readonly typeName: string = 'MobileNetV1';

  readonly conv_stem: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act: ReLU6;
  readonly blocks: Sequential;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly classifier: Linear;

  constructor(options: MobileNetV1Options = {}) {
    super();
    checkOptions('MobileNetV1', options, kinds);
    const { numClasses = 1000, inChannels = 3, widthMultiplier = 1, dropout = 0 } = options;
    const wide = widthOf(widthMultiplier);
    let channels = wide(32);
    this.conv_stem = new Conv2d(inChannels, channels, 3, { stride: 2, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(channels);
    this.act = new ReLU6({ inplace: true });
    this.blocks = new Sequential(
      stages.map(([planes, stride, blocks]) => {
        const made = Array.from({ length: blocks }, (_, index) => {
          const block = new DepthwiseSeparableConv(channels, wide(planes), index === 0 ? stride : 1);
          channels = wide(planes);
          return block;
        });
        return new Sequential(made);
      }),
    );
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.classifier = new Linear(channels, numClasses);
    for (const module of this.modules()) if (module instanceof Conv2d) initializeConvolution(module);
  }

  forward(x: Value): Value {
    let out = this.blocks(this.act(this.bn1(this.conv_stem(x))));
    out = F.flatten(this.global_pool(out));
    if (this.dropout !== undefined) out = this.dropout(out);
    return this.classifier(out);
  }
}

/**
 * timm's for these networks: N(0, 2/fan_out) with the fan of one group. PyTorch's own `fan_out` would count every output
 * of a depthwise convolution as reached by each of its inputs, and begin √C too small.
 */
function initializeConvolution({ weight, outChannels, kernelSize, groups }: Conv2d): void {
  const fanOut = (kernelSize[0] * kernelSize[1] * outChannels) / groups;
  init.normal_(weight, 0, Math.sqrt(2 / fanOut));
}
