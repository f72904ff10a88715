import { checkKind, checkOptions, type Kinds } from '../base/options.ts';
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
import { GlobalContext } from './blocks/global-context.ts';
import { blocks, kindsOf } from './options.ts';
import type { PartOptions } from './part-options.ts';

/**
 * timm's ResNeXts to try attention on (`resnext26ts`, `gcresnext50ts`, …): a tiered stem, groups of a constant width instead of a
 * constant number, attention of the bottleneck's inner channels, where it is four times cheaper than behind it, and SiLU.
 */

const expansion = 4;

interface BlockShape {
  readonly inChannels: number;
  readonly width: number;
  readonly groupWidth: number;
  readonly stride: number;
  readonly residual: boolean;
  readonly activation: () => Module;
  readonly attention: ((channels: number) => Module) | undefined;
  readonly dropPath: number;
}

/** 1×1, grouped 3×3 with the stride, attention, 1×1: N×inChannels×H×W → N×(4·width)×(H/stride)×(W/stride). */
class BottleneckBlock extends Block {
  static override readonly typeName: string = 'BottleneckBlock';

  readonly shortcut: ConvNormAct | undefined;
  readonly conv1_1x1: ConvNormAct;
  readonly conv2_kxk: ConvNormAct;
  readonly attn: Module | undefined;
  readonly conv3_1x1: ConvNormAct;
  readonly drop_path: DropPath | undefined;
  readonly act: Module;
  readonly #residual: boolean;

  constructor({ inChannels, width, groupWidth, stride, ...parts }: BlockShape) {
    super();
    const { residual, activation, attention, dropPath } = parts;
    const outChannels = expansion * width;
    const changes = stride !== 1 || inChannels !== outChannels;
    this.#residual = residual;
    this.shortcut = residual && changes ? new ConvNormAct(inChannels, outChannels, { stride }) : undefined;
    this.conv1_1x1 = new ConvNormAct(inChannels, width, { activation });
    const groups = width / groupWidth;
    this.conv2_kxk = new ConvNormAct(width, width, { kernelSize: 3, stride, groups, activation });
    this.attn = attention?.(width);
    this.conv3_1x1 = new ConvNormAct(width, outChannels);
    this.drop_path = residual && dropPath > 0 ? new DropPath(dropPath) : undefined;
    this.act = activation();
  }

  get last(): BatchNorm2d {
    return this.conv3_1x1.bn;
  }

  forward(x: Value): Value {
    let out = this.conv2_kxk(this.conv1_1x1(x));
    out = this.conv3_1x1(this.attn?.(out) ?? out);
    if (this.#residual) {
      out = F.add(this.drop_path?.(out) ?? out, this.shortcut?.(x) ?? x);
    }
    return this.act(out);
  }
}

/** Options of `ResNeXtTs`. */
export interface ResNeXtTsOptions extends Pick<
  PartOptions,
  'attention' | 'reduction' | 'dropPath' | 'activation'
> {
  /** Channels of the stem, and inside the bottlenecks of the first stage; every further stage doubles them. */
  readonly planes?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  readonly residual?: boolean;
  readonly zeroInitResidual?: boolean;
  readonly dropout?: number;
}

const kinds: Kinds<ResNeXtTsOptions> = {
  ...kindsOf('planes', 'numClasses', 'inChannels', 'residual', 'zeroInitResidual', 'dropout'),
  ...kindsOf('attention', 'reduction', 'dropPath', 'activation'),
};

const groupWidth = 32;

/** N×3×H×W → N×1000. `layers` are the blocks of each stage. */
export class ResNeXtTs extends Module {
  static override readonly typeName: string = 'ResNeXtTs';

  readonly stem: Sequential;
  readonly stages: Sequential;
  readonly head: ClassifierHead;

  constructor(layers: readonly number[], options: ResNeXtTsOptions = {}) {
    super();
    checkKind('ResNeXtTs', 'layers', layers, blocks);
    checkOptions('ResNeXtTs', options, kinds);
    const { planes = 64, numClasses = 1000, inChannels = 3, residual = true, dropout = 0 } = options;
    const { attention = 'none', reduction = 16, dropPath = 0, zeroInitResidual = true } = options;
    const activation = activationOf(options.activation ?? 'silu');

    const [first, second] = [Math.floor((3 * planes) / 8), Math.floor(planes / 2)];
    this.stem = new Sequential({
      conv1: new ConvNormAct(inChannels, first, { kernelSize: 3, stride: 2, activation }),
      conv2: new ConvNormAct(first, second, { kernelSize: 3, activation }),
      conv3: new ConvNormAct(second, planes, { kernelSize: 3, activation }),
      pool: new MaxPool2d(3, { stride: 2, padding: 1 }),
    });
    let channels = planes;
    let built = 0;
    const count = layers.reduce((sum, blocks) => sum + blocks);
    this.stages = new Sequential(
      layers.map((blocks, stage) => {
        const width = planes * 2 ** stage;
        const sequence = Array.from({ length: blocks }, (_, index) => {
          const block = new BottleneckBlock({
            inChannels: channels,
            ...{ width, groupWidth: Math.min(groupWidth, width), stride: stage > 0 && index === 0 ? 2 : 1 },
            ...{ residual, activation, attention: attentionOf(attention, reduction) },
            dropPath: dropPathRate(dropPath, built++, count),
          });
          channels = expansion * width;
          return block;
        });
        return new Sequential(sequence);
      }),
    );
    this.head = new ClassifierHead(channels, numClasses, { dropout });
    initialize(this, zeroInitResidual && residual);
  }

  forward(x: Value): Value {
    return this.head(this.stages(this.stem(x)));
  }
}

/** timm's: N(0, 2/fan_out) with the fan of one group for convolutions, no biases. */
function initialize(model: Module, zeroInit: boolean): void {
  for (const module of model.modules()) {
    if (module instanceof Conv2d) {
      const { weight, bias, outChannels, kernelSize, groups } = module;
      const fanOut = (kernelSize[0] * kernelSize[1] * outChannels) / groups;
      init.normal_(weight, 0, Math.sqrt(2 / fanOut));
      if (bias !== undefined) init.zeros_(bias);
    }
  }
  for (const module of model.modules()) {
    if (module instanceof GlobalContext || module instanceof ClassifierHead) module.initializeWeights();
    if (zeroInit && module instanceof Block) init.zeros_(module.last.weight);
  }
}
