import { checkOptions, flag, listOf, wholeFrom, type Kinds } from '../base/options.ts';
import { UsageError } from '../base/errors.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional/index.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  DepthwiseConv2d,
  Dropout,
  LayerNorm2d,
  Linear,
  Module,
  Parameter,
  Sequential,
} from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { activationOf } from './blocks/activation.ts';
import { DropPath, dropPathRate } from './blocks/drop-path.ts';
import { PixelLinear } from './blocks/pixel-linear.ts';
import { blocks as blocksKind, kindsOf } from './options.ts';
import type { ActivationName } from './part-options.ts';

/**
 * A ConvNet for the 2020s (Liu et al., CVPR 2022, arXiv 2201.03545), with timm's parameter names: a ResNet-50 modernised step by step,
 * of which the second, "ResNeXt-ify", takes cardinality to its limit and widens.
 */

/** Of all layer norms. */
const norm = { eps: 1e-6 };

/** What γ of the layer scale begins with. */
const layerScale = 1e-6;

interface BlockOptions {
  readonly convMlp: boolean;
  readonly activation: () => Module;
  readonly dropPath: number;
}

/** Both layers that work on the channels of each pixel: C → 4·C → C. */
class Mlp extends Module {
  static override readonly typeName: string = 'Mlp';

  readonly fc1: Module;
  readonly act: Module;
  readonly fc2: Module;

  constructor(channels: number, { convMlp, activation }: BlockOptions) {
    super();
    const layer = (from: number, to: number) =>
      convMlp ? new Conv2d(from, to, 1) : new PixelLinear(from, to);
    this.fc1 = layer(channels, 4 * channels);
    this.act = activation();
    this.fc2 = layer(4 * channels, channels);
  }

  forward(x: Value): Value {
    return this.fc2(this.act(this.fc1(x)));
  }
}

/**
 * Depthwise 7×7, layer norm, 1×1 to four times the channels, GELU, 1×1 back, and a scale of each channel (Figure 4): N×C×H×W → the
 * same.
 */
class ConvNeXtBlock extends Module {
  static override readonly typeName: string = 'ConvNeXtBlock';

  readonly gamma: Parameter;
  readonly conv_dw: Conv2d;
  readonly norm: LayerNorm2d;
  readonly mlp: Mlp;
  readonly drop_path: DropPath | undefined;

  constructor(channels: number, options: BlockOptions) {
    super();
    this.gamma = new Parameter([channels], init.constant(layerScale));
    this.conv_dw = new DepthwiseConv2d(channels, 7, { padding: 3 });
    this.norm = new LayerNorm2d(channels, norm);
    this.mlp = new Mlp(channels, options);
    this.drop_path = options.dropPath > 0 ? new DropPath(options.dropPath) : undefined;
  }

  forward(x: Value): Value {
    const out = F.mul(this.mlp(this.norm(this.conv_dw(x))), this.gamma);
    return F.add(this.drop_path?.(out) ?? out, x);
  }
}

/** A separate downsampling layer, but in the first stage, and blocks. */
class Stage extends Module {
  static override readonly typeName: string = 'ConvNeXtStage';

  readonly downsample: Sequential | undefined;
  readonly blocks: Sequential;

  constructor(inChannels: number | undefined, channels: number, blocks: readonly Module[]) {
    super();
    this.downsample =
      inChannels === undefined
        ? undefined
        : new Sequential(
            new LayerNorm2d(inChannels, norm),
            new Conv2d(inChannels, channels, 2, { stride: 2 }),
          );
    this.blocks = new Sequential(blocks);
  }

  forward(x: Value): Value {
    return this.blocks(this.downsample?.(x) ?? x);
  }
}

/** The mean of each channel, layer norm, and a classifier. */
class Head extends Module {
  static override readonly typeName: string = 'NormMlpClassifierHead';

  readonly global_pool: AdaptiveAvgPool2d;
  readonly norm: LayerNorm2d;
  readonly drop: Dropout | undefined;
  readonly fc: Linear;

  constructor(features: number, numClasses: number, dropout: number) {
    super();
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.norm = new LayerNorm2d(features, norm);
    this.drop = dropout > 0 ? new Dropout(dropout) : undefined;
    this.fc = new Linear(features, numClasses);
  }

  forward(x: Value): Value {
    const features = F.flatten(this.norm(this.global_pool(x)));
    return this.fc(this.drop?.(features) ?? features);
  }
}

/** Blocks and channels of the stages. */
export interface ConvNeXtShape {
  readonly depths: readonly number[];
  readonly widths: readonly number[];
}

/** Options of `ConvNeXt`. */
export interface ConvNeXtOptions {
  /**
   * The layers on channels are 1×1 convolutions, as in timm's small variants, and not linear layers, as in the authors' program. Both
   * compute the same; their weights differ in shape. Default: false.
   */
  readonly convMlp?: boolean;
  readonly activation?: ActivationName;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
  /** Probability that training leaves the last block out for a picture; it rises to that from 0 in the first. */
  readonly dropPath?: number;
}

const kinds: Kinds<ConvNeXtOptions> = {
  ...kindsOf('activation', 'numClasses', 'inChannels', 'dropout', 'dropPath'),
  convMlp: flag,
};

/** N×3×H×W → N×1000: 4×4 patches, stages of which each but the first halves the picture, and the head. */
export class ConvNeXt extends Module {
  static override readonly typeName: string = 'ConvNeXt';

  readonly stem: Sequential;
  readonly stages: Sequential;
  readonly head: Head;

  constructor(shape: ConvNeXtShape, options: ConvNeXtOptions = {}) {
    super();
    checkShape(shape);
    checkOptions('ConvNeXt', options, kinds);
    const { depths, widths } = shape;
    const { convMlp = false, numClasses = 1000, inChannels = 3, dropout = 0, dropPath = 0 } = options;
    const activation = activationOf(options.activation ?? 'gelu');
    const count = depths.reduce((sum, depth) => sum + depth, 0);
    let index = 0;
    this.stem = new Sequential(
      new Conv2d(inChannels, widths[0], 4, { stride: 4 }),
      new LayerNorm2d(widths[0], norm),
    );
    this.stages = new Sequential(
      widths.map((width, stage) => {
        const made = Array.from({ length: depths[stage] }, () => {
          const rate = dropPathRate(dropPath, index++, count);
          return new ConvNeXtBlock(width, { convMlp, activation, dropPath: rate });
        });
        return new Stage(stage === 0 ? undefined : widths[stage - 1], width, made);
      }),
    );
    this.head = new Head(widths[widths.length - 1], numClasses, dropout);
    this.#initialize();
  }

  /** Weights are drawn from N(0, 0.02²), biases begin at 0. */
  #initialize(): void {
    for (const module of this.modules()) {
      if (!(module instanceof Conv2d || module instanceof Linear)) continue;
      init.normal_(module.weight, 0, 0.02);
      if (module.bias !== undefined) init.zeros_(module.bias);
    }
  }

  forward(x: Value): Value {
    return this.head(this.stages(this.stem(x)));
  }
}

function checkShape(shape: ConvNeXtShape): void {
  checkOptions('ConvNeXt', shape, { depths: blocksKind, widths: listOf(wholeFrom(1)) }, ['depths', 'widths']);
  const { depths, widths } = shape;
  if (depths.length === widths.length) return;
  throw new UsageError(
    `ConvNeXt: expected as many widths as depths, one for each stage, got ${widths.length} and ${depths.length}`,
  );
}
