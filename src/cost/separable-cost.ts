import { checkKind, checkOptions, wholeFrom, type Kinds } from '../base/options.ts';
import { costOf } from './cost.ts';
import { Conv2d, SeparableConv2d, trace } from '../nn/index.ts';
import type { Module } from '../nn/index.ts';

/** A convolution that keeps the size of its pictures (if its stride is 1), and its separable counterpart. */
export interface SeparableShape {
  /** M. */
  readonly inChannels: number;
  /** N. */
  readonly outChannels: number;
  /** K, odd. */
  readonly kernelSize: number;
  readonly stride?: number;
  /** F: height and width of the input. */
  readonly size: number;
}

const shapeKinds: Kinds<SeparableShape> = {
  inChannels: wholeFrom(1),
  outChannels: wholeFrom(1),
  kernelSize: wholeFrom(1),
  stride: wholeFrom(1),
  size: wholeFrom(1),
};

/** Multiply–accumulates of a weight for one picture. */
export interface SeparableCost {
  /** Of the ordinary convolution: K²·M·N·F² at stride 1. */
  readonly standard: number;
  /** K²·M·F². */
  readonly depthwise: number;
  /** M·N·F². */
  readonly pointwise: number;
  /** (depthwise + pointwise) / standard, as counted. */
  readonly ratio: number;
}

/**
 * 1/N + 1/K²: what a depthwise separable convolution of N output channels and a K×K kernel costs of the ordinary one
 * (Howard et al. 2017, "MobileNets", section 3.1). It is a ratio of MACs. Times have another: depthwise convolutions do
 * little work on each number that they read.
 */
export function separableRatio(outChannels: number, kernelSize: number): number {
  checkKind('separableRatio', 'outChannels', outChannels, wholeFrom(1));
  checkKind('separableRatio', 'kernelSize', kernelSize, wholeFrom(1));
  return 1 / outChannels + 1 / kernelSize ** 2;
}

/** Counts both layers in their graphs. Throws a `CardinalError` as `Conv2d` and `trace` do. */
export function countSeparable(shape: SeparableShape): SeparableCost {
  checkOptions('countSeparable', shape, shapeKinds, ['inChannels', 'outChannels', 'kernelSize', 'size']);
  const { inChannels, outChannels, kernelSize, stride = 1, size } = shape;
  const options = { stride, padding: Math.floor(kernelSize / 2), bias: false };
  const separable = new SeparableConv2d(inChannels, outChannels, kernelSize, options);
  const macs = (layer: Module, channels: number, side: number) =>
    costOf(trace(layer, [1, channels, side, side], { training: false }).graph).macs;
  const [, , outSize] = trace(separable, [1, inChannels, size, size], { training: false }).output.shape;
  const standard = macs(new Conv2d(inChannels, outChannels, kernelSize, options), inChannels, size);
  const depthwise = macs(separable.depthwise, inChannels, size);
  const pointwise = macs(separable.pointwise, inChannels, outSize);
  return { standard, depthwise, pointwise, ratio: (depthwise + pointwise) / standard };
}
