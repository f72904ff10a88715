import type { Value } from '../../graph/value.ts';
import { BatchNorm2d, PointwiseConv2d, type Conv2d, type Module } from '../../nn/index.ts';
import { conv } from './convolution.ts';
import type { InvertedResidualOptions } from './inverted-residual.ts';
import { makeDivisible } from './divisible.ts';
import { MobileBlock } from './mobile-block.ts';

/**
 * Fused MBConv: an inverted residual whose first two convolutions are one dense K×K (Gupta and Akin 2020, "Accelerator-aware
 * Neural Network Design using AutoML"; Tan and Le 2021, "EfficientNetV2", Figure 2). N×inChannels×H×W →
 * N×outChannels×(H/stride)×(W/stride).
 */
export class EdgeResidual extends MobileBlock {
  static override readonly typeName: string = 'EdgeResidual';

  readonly conv_exp: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Module;
  readonly se: Module | undefined;
  readonly conv_pwl: Conv2d;
  readonly bn2: BatchNorm2d;

  constructor(inChannels: number, outChannels: number, options: InvertedResidualOptions) {
    super(inChannels, outChannels, options);
    const { expansion, kernelSize, norm } = options;
    const width = makeDivisible(inChannels * expansion);
    this.conv_exp = conv(inChannels, width, kernelSize, options);
    this.bn1 = new BatchNorm2d(width, norm);
    this.act1 = options.activation();
    this.se = options.attention?.(width);
    this.conv_pwl = new PointwiseConv2d(width, outChannels, { bias: false });
    this.bn2 = new BatchNorm2d(outChannels, norm);
  }

  protected branch(x: Value): Value {
    let out = this.act1(this.bn1(this.conv_exp(x)));
    out = this.se?.(out) ?? out;
    return this.bn2(this.conv_pwl(out));
  }
}
