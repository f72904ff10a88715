import type { Value } from '../../graph/value.ts';
import { BatchNorm2d, PointwiseConv2d, type Conv2d, type Module } from '../../nn/index.ts';
import { depthwise } from './convolution.ts';
import { MobileBlock, type MobileBlockOptions } from './mobile-block.ts';

/**
 * Depthwise K×K with the stride, attention if there is one, and 1×1, which is not activated: what is left of an inverted
 * residual that does not expand. N×inChannels×H×W → N×outChannels×(H/stride)×(W/stride).
 */
export class DepthwiseSeparableConv extends MobileBlock {
  static override readonly typeName: string = 'DepthwiseSeparableConv';

  readonly conv_dw: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Module;
  readonly se: Module | undefined;
  readonly conv_pw: Conv2d;
  readonly bn2: BatchNorm2d;

  constructor(inChannels: number, outChannels: number, options: MobileBlockOptions) {
    super(inChannels, outChannels, options);
    const { kernelSize, norm } = options;
    this.conv_dw = depthwise(inChannels, kernelSize, options);
    this.bn1 = new BatchNorm2d(inChannels, norm);
    this.act1 = options.activation();
    this.se = options.attention?.(inChannels);
    this.conv_pw = new PointwiseConv2d(inChannels, outChannels, { bias: false });
    this.bn2 = new BatchNorm2d(outChannels, norm);
  }

  protected branch(x: Value): Value {
    let out = this.act1(this.bn1(this.conv_dw(x)));
    out = this.se?.(out) ?? out;
    return this.bn2(this.conv_pw(out));
  }
}
