import type { Value } from '../../graph/value.ts';
import { BatchNorm2d, Conv2d, Module } from '../../nn/index.ts';

/** Options of `ConvNormAct`. */
export interface ConvNormActOptions {
  /** Default: 1. */
  readonly kernelSize?: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Makes what follows the norm. Default: nothing does. */
  readonly activation?: (() => Module) | undefined;
  /** Stands for a stride; comes last. */
  readonly antialias?: ((channels: number, stride: number) => Module) | undefined;
}

/**
 * A convolution without bias whose zeros around the picture keep its size, batch norm, and an activation: N×C×H×W →
 * N×K×⌈H/stride⌉×⌈W/stride⌉. Names are timm's, `conv` and `bn`.
 */
export class ConvNormAct extends Module {
  static override readonly typeName: string = 'ConvNormAct';

  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly act: Module | undefined;
  readonly aa: Module | undefined;

  constructor(inChannels: number, outChannels: number, options: ConvNormActOptions = {}) {
    super();
    const { kernelSize = 1, stride = 1, dilation = 1, groups = 1, activation, antialias } = options;
    this.aa = stride > 1 ? antialias?.(outChannels, stride) : undefined;
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, {
      stride: this.aa === undefined ? stride : 1,
      padding: (dilation * (kernelSize - 1)) / 2,
      dilation,
      groups,
      bias: false,
    });
    this.bn = new BatchNorm2d(outChannels);
    this.act = activation?.();
  }

  forward(x: Value): Value {
    let out = this.bn(this.conv(x));
    out = this.act?.(out) ?? out;
    return this.aa?.(out) ?? out;
  }
}
