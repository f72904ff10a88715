import type { Value } from '../../graph/value.ts';
import { BatchNorm2d, PointwiseConv2d, type Conv2d, type Module } from '../../nn/index.ts';
import { depthwise } from './convolution.ts';
import { makeDivisible } from './divisible.ts';
import { MobileBlock, type MobileBlockOptions } from './mobile-block.ts';

export interface InvertedResidualOptions extends MobileBlockOptions {
  /** t: the depthwise convolution has so many times the input's channels. */
  readonly expansion: number;
}

/**
 * A bottleneck turned inside out (Sandler et al. 2018, "MobileNetV2", Figure 3): 1×1 to more channels, depthwise K×K with the
 * stride, attention if there is one, 1×1 to few again, which is not activated. N×inChannels×H×W →
 * N×outChannels×(H/stride)×(W/stride).
 */
export class InvertedResidual extends MobileBlock {
  static override readonly typeName: string = 'InvertedResidual';

  readonly conv_pw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Module;
  readonly conv_dw: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly act2: Module;
  readonly se: Module | undefined;
  readonly conv_pwl: Conv2d;
  readonly bn3: BatchNorm2d;

  constructor(inChannels: number, outChannels: number, options: InvertedResidualOptions) {
    super(inChannels, outChannels, options);
    const { expansion, kernelSize, norm } = options;
    const width = makeDivisible(inChannels * expansion);
    this.conv_pw = new PointwiseConv2d(inChannels, width, { bias: false });
    this.bn1 = new BatchNorm2d(width, norm);
    this.act1 = options.activation();
    this.conv_dw = depthwise(width, kernelSize, options);
    this.bn2 = new BatchNorm2d(width, norm);
    this.act2 = options.activation();
    this.se = options.attention?.(width);
    this.conv_pwl = new PointwiseConv2d(width, outChannels, { bias: false });
    this.bn3 = new BatchNorm2d(outChannels, norm);
  }

  protected branch(x: Value): Value {
    let out = this.act1(this.bn1(this.conv_pw(x)));
    out = this.act2(this.bn2(this.conv_dw(out)));
    out = this.se?.(out) ?? out;
    return this.bn3(this.conv_pwl(out));
  }
}
