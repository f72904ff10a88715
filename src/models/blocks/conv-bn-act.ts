import type { Value } from '../../graph/value.ts';
import { BatchNorm2d, type Conv2d, type Module } from '../../nn/index.ts';
import { conv } from './convolution.ts';
import { MobileBlock, type MobileBlockOptions } from './mobile-block.ts';

/** K×K with batch norm and activation: N×inChannels×H×W → N×outChannels×(H/stride)×(W/stride). */
export class ConvBnAct extends MobileBlock {
  static override readonly typeName: string = 'ConvBnAct';

  readonly conv: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Module;

  constructor(inChannels: number, outChannels: number, options: Omit<MobileBlockOptions, 'attention'>) {
    super(inChannels, outChannels, options);
    this.conv = conv(inChannels, outChannels, options.kernelSize, options);
    this.bn1 = new BatchNorm2d(outChannels, options.norm);
    this.act1 = options.activation();
  }

  protected branch(x: Value): Value {
    return this.act1(this.bn1(this.conv(x)));
  }
}
