import { anything, checkOptions, flag, wholeFrom, type Kinds } from '../../base/options.ts';
import type { Value } from '../../graph/value.ts';
import { whole, type Size } from '../arguments.ts';
import { Module } from '../module.ts';
import { Conv2d, type Conv2dOptions } from './conv2d.ts';

/**
 * Convolutions that separate space from channels: the limit of grouped convolution (Sifre 2014; Chollet 2017, "Xception";
 * Howard et al. 2017, "MobileNets", section 3.1).
 */

export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, 'groups'> {
  /** Filters of each channel. */
  readonly depthMultiplier?: number;
}

const depthwiseKinds: Kinds<DepthwiseConv2dOptions> = {
  stride: anything,
  padding: anything,
  dilation: anything,
  bias: flag,
  depthMultiplier: wholeFrom(1),
};

/**
 * Depthwise convolution, N×C×H×W → N×(C·depthMultiplier)×P×Q: a `Conv2d` with as many groups as channels, so that
 * each channel has filters of its own. `weight` is (C·depthMultiplier)×1×R×S, `bias` C·depthMultiplier. Throws a
 * `CardinalError` as `Conv2d` does.
 */
export class DepthwiseConv2d extends Conv2d {
  static override readonly typeName: string = 'DepthwiseConv2d';

  constructor(inChannels: number, kernelSize: Size, options: DepthwiseConv2dOptions = {}) {
    checkOptions('DepthwiseConv2d', options, depthwiseKinds);
    const { depthMultiplier = 1, ...rest } = options;
    whole('DepthwiseConv2d', 'inChannels', inChannels, 1);
    const filters = whole('DepthwiseConv2d', 'depthMultiplier', depthMultiplier, 1);
    super(inChannels, inChannels * filters, kernelSize, { ...rest, groups: inChannels });
  }
}

export type PointwiseConv2dOptions = Pick<Conv2dOptions, 'stride' | 'groups' | 'bias'>;

/** Pointwise (1×1) convolution, N×C×H×W → N×K×P×Q: a `Conv2d` of kernel 1. `weight` is K×(C/G)×1×1, `bias` K. */
export class PointwiseConv2d extends Conv2d {
  static override readonly typeName: string = 'PointwiseConv2d';

  constructor(inChannels: number, outChannels: number, options: PointwiseConv2dOptions = {}) {
    checkOptions('PointwiseConv2d', options, { stride: anything, groups: wholeFrom(1), bias: flag });
    super(inChannels, outChannels, 1, options);
  }
}

/**
 * Depthwise separable convolution, N×C×H×W → N×K×P×Q: `depthwise` (R×S, with the stride), then `pointwise`, with
 * nothing between them, as in Xception and Keras. It costs 1/K + 1/(R·S) of the MACs of a `Conv2d` of the same shape:
 * see `separableRatio`. `bias` is for both.
 */
export class SeparableConv2d extends Module {
  static override readonly typeName: string = 'SeparableConv2d';

  readonly depthwise: DepthwiseConv2d;
  readonly pointwise: PointwiseConv2d;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: DepthwiseConv2dOptions = {},
  ) {
    super();
    checkOptions('SeparableConv2d', options, depthwiseKinds);
    this.depthwise = new DepthwiseConv2d(inChannels, kernelSize, options);
    this.pointwise = new PointwiseConv2d(this.depthwise.outChannels, outChannels, {
      bias: options.bias ?? true,
    });
  }

  forward(x: Value): Value {
    return this.pointwise(this.depthwise(x));
  }
}
