import { oneOf, record, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Linear,
  Module,
  PointwiseConv2d,
  Sequential,
} from '../nn/index.ts';
import { ConvBnAct } from './blocks/conv-bn-act.ts';
import { conv } from './blocks/convolution.ts';
import { DepthwiseSeparableConv } from './blocks/depthwise-separable.ts';
import { EdgeResidual } from './blocks/edge-residual.ts';
import { InvertedResidual } from './blocks/inverted-residual.ts';
import type { MobileStyle } from './blocks/mobile-block.ts';
import { SqueezeExcite } from './blocks/squeeze-excite.ts';
import { initializeMobile } from './mobile-init.ts';
import { kindsOf } from './options.ts';

/**
 * What the networks of MobileNetV2's line share (MobileNetV2 and V3, MNASNet, EfficientNet): a stem of stride 2, stages of
 * inverted residuals or their kin, and a head; with timm's parameter names and initialisation.
 */

/** A row of a paper's table: what one block is. */
export interface BlockSpec {
  /**
   * 'mb': the inverted residual (MBConv), or without expansion a depthwise separable convolution; 'fused': its first two
   * convolutions as one dense (Fused-MBConv); 'conv': a convolution alone. Default: 'mb'.
   */
  readonly kind?: 'mb' | 'fused' | 'conv';
  readonly kernelSize: number;
  readonly stride: number;
  /** t: how many times the block's input its inner channels are; default: 1. */
  readonly expansion?: number;
  readonly channels: number;
  /** Makes the block's attention from its inner channels, and from those of its input. */
  readonly attention?: ((inner: number, input: number) => Module) | undefined;
  /** Whether the input is added where it has the output's shape; default: true. */
  readonly residual?: boolean;
  /** Where it is not the network's. */
  readonly activation?: () => Module;
}

/** Options that all of them have. */
export interface MobileOptions extends Pick<MobileStyle, 'padding' | 'norm'> {
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
  /** Probability that training leaves the last block out for a picture; of those before in proportion to their depth. */
  readonly dropPath?: number;
}

export const mobileKinds: Kinds<MobileOptions> = {
  ...kindsOf('numClasses', 'inChannels', 'dropout', 'dropPath'),
  padding: oneOf('symmetric', 'same'),
  norm: record,
};

/**
 * Squeeze-and-excitation of a block's inner channels to a quarter of those of its input, under EfficientNet's names: what
 * `BlockSpec.attention` takes.
 */
export function squeezeToQuarter(activation: () => Module): BlockSpec['attention'] {
  return (inner, input) =>
    new SqueezeExcite(inner, { names: squeezeNames, reducedChannels: input / 4, activation });
}

export const squeezeNames = ['conv_reduce', 'conv_expand'] as const;

/** `layers` blocks of which the first has the stride: a row of most papers' tables. */
export function repeated(layers: number, spec: BlockSpec): BlockSpec[] {
  return Array.from({ length: layers }, (_, index) => (index === 0 ? spec : { ...spec, stride: 1 }));
}

/** The stem and the stages: N×inChannels×H×W → N×channels×⌈H/32⌉×⌈W/32⌉. Heads are for those who extend it. */
export abstract class MobileTrunk extends Module {
  readonly conv_stem: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: Module;
  readonly blocks: Sequential;
  /** Of what the last block gives. */
  protected readonly trunkChannels: number;

  constructor(
    stem: number,
    stages: readonly (readonly BlockSpec[])[],
    { inChannels = 3, dropPath = 0, ...style }: MobileOptions & MobileStyle,
  ) {
    super();
    this.conv_stem = conv(inChannels, stem, 3, { stride: 2, padding: style.padding });
    this.bn1 = new BatchNorm2d(stem, style.norm);
    this.act1 = style.activation();
    const depth = stages.flat().length;
    let [channels, index] = [stem, 0];
    this.blocks = new Sequential(
      stages.map((specs) => {
        const made = specs.map((spec) => {
          const block = makeBlock(channels, spec, style, (dropPath * index) / depth);
          [channels, index] = [spec.channels, index + 1];
          return block;
        });
        return new Sequential(made);
      }),
    );
    this.trunkChannels = channels;
  }

  protected trunk(x: Value): Value {
    return this.blocks(this.act1(this.bn1(this.conv_stem(x))));
  }
}

function makeBlock(inChannels: number, spec: BlockSpec, style: MobileStyle, dropPath: number): Module {
  const { kind = 'mb', expansion = 1, channels, attention, activation = style.activation } = spec;
  const options = {
    ...style,
    ...spec,
    activation,
    dropPath,
    attention: attention && ((inner: number) => attention(inner, inChannels)),
  };
  if (kind === 'conv') return new ConvBnAct(inChannels, channels, options);
  if (kind === 'fused') return new EdgeResidual(inChannels, channels, { ...options, expansion });
  return expansion === 1
    ? new DepthwiseSeparableConv(inChannels, channels, options)
    : new InvertedResidual(inChannels, channels, { ...options, expansion });
}

/** The trunk, a 1×1 convolution with batch norm, the mean of each channel, and a classifier: N×C×H×W → N×numClasses. */
export abstract class MobileNetwork extends MobileTrunk {
  readonly conv_head: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly act2: Module;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly classifier: Linear;

  constructor(
    stem: number,
    stages: readonly (readonly BlockSpec[])[],
    features: number,
    options: MobileOptions & MobileStyle,
  ) {
    super(stem, stages, options);
    const { numClasses = 1000, dropout = 0 } = options;
    this.conv_head = new PointwiseConv2d(this.trunkChannels, features, { bias: false });
    this.bn2 = new BatchNorm2d(features, options.norm);
    this.act2 = options.activation();
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.classifier = new Linear(features, numClasses);
    initializeMobile(this);
  }

  forward(x: Value): Value {
    const out = this.act2(this.bn2(this.conv_head(this.trunk(x))));
    const features = F.flatten(this.global_pool(out));
    return this.classifier(this.dropout?.(features) ?? features);
  }
}
