import { UsageError } from '../base/errors.ts';
import { checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { Conv2d, MaxPool2d, Module, Sequential, type BatchNorm2d } from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { Block } from './block.ts';
import { activationOf } from './blocks/activation.ts';
import { attentionOf } from './blocks/attention.ts';
import { ClassifierHead } from './blocks/classifier-head.ts';
import { ConvNormAct } from './blocks/conv-norm-act.ts';
import { DropPath, dropPathRate } from './blocks/drop-path.ts';
import { splitChannels } from './blocks/split-channels.ts';
import { widthOf } from './narrow.ts';
import { blocks as blocksKind, kindsOf } from './options.ts';
import type { PartOptions } from './part-options.ts';

/**
 * CSPNet: A New Backbone that can Enhance Learning Capability of CNN (Wang et al., CVPR workshops 2020, arXiv 1911.11929): only half
 * of a stage's channels go through its blocks, the other half join them behind. With timm's parameter names.
 */

/** A row of a network's table: what its stages are. There are as many as `layers` has. */
export interface CspShape {
  /** Output channels of the stages. */
  readonly channels: readonly number[];
  /** Channels before the halves part are so many times the stage's output. */
  readonly expandRatio: number;
  /** A block's output is so many times the stage's. */
  readonly blockRatio: number;
  /** Inside a block are so many times the channels of its output. */
  readonly bottleRatio: number;
  /** The paper's cardinality of the 3×3. */
  readonly groups: number;
}

export const cspresnet50: CspShape = {
  ...{ channels: [128, 256, 512, 1024], expandRatio: 2, blockRatio: 1, bottleRatio: 0.5, groups: 1 },
};
export const cspresnext50: CspShape = {
  ...{ channels: [256, 512, 1024, 2048], expandRatio: 1, blockRatio: 0.5, bottleRatio: 1, groups: 32 },
};

/** Blocks of the stages. */
export const cspLayers: readonly number[] = [3, 3, 5, 2];

interface BlockShape {
  readonly channels: number;
  readonly width: number;
  readonly groups: number;
  readonly activation: () => Module;
  readonly attention: ((channels: number) => Module) | undefined;
  readonly residual: boolean;
  readonly dropPath: number;
}

/** 1×1, grouped 3×3, 1×1, and the shortcut: N×C×H×W → the same. */
class BottleneckBlock extends Block {
  static override readonly typeName: string = 'BottleneckBlock';

  readonly conv1: ConvNormAct;
  readonly conv2: ConvNormAct;
  readonly attn2: Module | undefined;
  readonly conv3: ConvNormAct;
  readonly drop_path: DropPath | undefined;
  readonly act3: Module;
  readonly #residual: boolean;

  constructor({ channels, width, groups, activation, attention, residual, dropPath }: BlockShape) {
    super();
    this.#residual = residual;
    this.conv1 = new ConvNormAct(channels, width, { activation });
    this.conv2 = new ConvNormAct(width, width, { kernelSize: 3, groups, activation });
    this.attn2 = attention?.(width);
    this.conv3 = new ConvNormAct(width, channels);
    this.drop_path = residual && dropPath > 0 ? new DropPath(dropPath) : undefined;
    this.act3 = activation();
  }

  get last(): BatchNorm2d {
    return this.conv3.bn;
  }

  forward(x: Value): Value {
    let out = this.conv2(this.conv1(x));
    out = this.conv3(this.attn2?.(out) ?? out);
    return this.act3(this.#residual ? F.add(this.drop_path?.(out) ?? out, x) : out);
  }
}

interface StageShape extends CspShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
  /** Of each block. */
  readonly dropPaths: readonly number[];
  readonly residual: boolean;
  readonly activation: () => Module;
  readonly attention: ((channels: number) => Module) | undefined;
}

/** N×inChannels×H×W → N×outChannels×(H/stride)×(W/stride). */
class CrossStage extends Module {
  static override readonly typeName: string = 'CrossStage';

  readonly conv_down: ConvNormAct | undefined;
  readonly conv_exp: ConvNormAct;
  readonly blocks: Sequential;
  readonly conv_transition_b: ConvNormAct;
  readonly conv_transition: ConvNormAct;

  constructor({ inChannels, outChannels, stride, dropPaths, ...shape }: StageShape) {
    super();
    const { residual, activation, attention } = shape;
    const expanded = Math.round(outChannels * shape.expandRatio);
    const half = expanded / 2;
    const width = Math.round(outChannels * shape.blockRatio * shape.bottleRatio);
    const { groups } = shape;
    this.conv_down =
      stride === 1
        ? undefined
        : new ConvNormAct(inChannels, inChannels, { kernelSize: 3, stride, groups, activation });
    this.conv_exp = new ConvNormAct(inChannels, expanded);
    this.blocks = new Sequential(
      dropPaths.map(
        (dropPath) =>
          new BottleneckBlock({
            ...{ channels: half, width, groups, activation, attention, residual, dropPath },
          }),
      ),
    );
    this.conv_transition_b = new ConvNormAct(half, half, { activation });
    this.conv_transition = new ConvNormAct(expanded, outChannels, { activation });
  }

  forward(x: Value): Value {
    const [beside, through] = splitChannels(this.conv_exp(this.conv_down?.(x) ?? x), 2);
    return this.conv_transition(F.cat([beside, this.conv_transition_b(this.blocks(through))]));
  }
}

/** Options of `CspNet`. */
export interface CspNetOptions extends Pick<
  PartOptions,
  'attention' | 'reduction' | 'dropPath' | 'activation'
> {
  /** Blocks of the stages, of which there may be fewer than four. Default: the paper's 3, 3, 5 and 2. */
  readonly layers?: readonly number[];
  /** α: every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** False leaves out the blocks' shortcuts. */
  readonly residual?: boolean;
  readonly zeroInitResidual?: boolean;
  readonly dropout?: number;
}

const kinds: Kinds<CspNetOptions> = {
  ...kindsOf('widthMultiplier', 'numClasses', 'inChannels', 'residual', 'zeroInitResidual', 'dropout'),
  ...kindsOf('attention', 'reduction', 'dropPath', 'activation'),
  layers: blocksKind,
};

/** N×3×H×W → N×1000. */
export class CspNet extends Module {
  static override readonly typeName: string = 'CspNet';

  readonly stem: Sequential;
  readonly stages: Sequential;
  readonly head: ClassifierHead;

  constructor(shape: CspShape, options: CspNetOptions = {}) {
    super();
    checkOptions('CspNet', options, kinds);
    const { widthMultiplier = 1, numClasses = 1000, inChannels = 3, residual = true, dropout = 0 } = options;
    const { attention = 'none', reduction = 16, dropPath = 0, zeroInitResidual = true } = options;
    const { layers = cspLayers } = options;
    if (layers.length > shape.channels.length) {
      throw new UsageError(
        `CspNet: expected layers of at most ${shape.channels.length} stages, got ${layers.length}`,
      );
    }
    const activation = activationOf(options.activation ?? 'leaky_relu');
    const wide = widthOf(widthMultiplier);

    let channels = wide(64);
    this.stem = new Sequential({
      conv1: new ConvNormAct(inChannels, channels, { kernelSize: 7, stride: 2, activation }),
      pool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    });
    const count = layers.reduce((sum, blocks) => sum + blocks);
    let built = 0;
    this.stages = new Sequential(
      shape.channels.slice(0, layers.length).map((wanted, stage) => {
        const made = new CrossStage({
          ...shape,
          inChannels: channels,
          outChannels: wide(wanted),
          stride: stage === 0 ? 1 : 2,
          residual,
          dropPaths: Array.from({ length: layers[stage] }, () => dropPathRate(dropPath, built++, count)),
          activation,
          attention: attentionOf(attention, reduction),
        });
        channels = wide(wanted);
        return made;
      }),
    );
    this.head = new ClassifierHead(channels, numClasses, { dropout });
    initialize(this, zeroInitResidual && residual);
  }

  forward(x: Value): Value {
    return this.head(this.stages(this.stem(x)));
  }
}

/** timm's: Kaiming normal by fan_out for convolutions, no biases. */
function initialize(model: Module, zeroInit: boolean): void {
  for (const module of model.modules()) {
    if (module instanceof Conv2d) {
      init.kaimingNormal_(module.weight, { mode: 'fan_out', nonlinearity: 'relu' });
      if (module.bias !== undefined) init.zeros_(module.bias);
    }
    if (module instanceof ClassifierHead) module.initializeWeights();
    if (zeroInit && module instanceof Block) init.zeros_(module.last.weight);
  }
}
