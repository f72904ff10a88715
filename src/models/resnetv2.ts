import { UsageError } from '../base/errors.ts';
import { checkKind, checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d, Module, Sequential } from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { activationOf } from './blocks/activation.ts';
import { attentionOf } from './blocks/attention.ts';
import { ClassifierHead } from './blocks/classifier-head.ts';
import { makeDivisible } from './blocks/divisible.ts';
import { DropPath, dropPathRate } from './blocks/drop-path.ts';
import { blocks, kindsOf } from './options.ts';
import type { PartOptions } from './part-options.ts';

/**
 * Identity Mappings in Deep Residual Networks (He et al., ECCV 2016, arXiv 1603.05027): batch norm and activation come before each
 * convolution, so that nothing stands on the way of the shortcuts. With timm's parameter names, and the stride in the 3×3.
 */

const expansion = 4;

/** Batch norm, and the activation behind it. */
class NormAct extends BatchNorm2d {
  static override readonly typeName: string = 'BatchNormAct2d';

  readonly act: Module;

  constructor(channels: number, activation: () => Module) {
    super(channels);
    this.act = activation();
  }

  override forward(x: Value): Value {
    return this.act(super.forward(x));
  }
}

/** The projection of a shortcut: N×C×H×W → N×K×(H/stride)×(W/stride). */
class Downsample extends Module {
  static override readonly typeName: string = 'Downsample';

  readonly pool: AvgPool2d | undefined;
  readonly conv: Conv2d;

  constructor(inChannels: number, outChannels: number, stride: number, average: boolean) {
    super();
    const averages = average && stride > 1;
    this.pool = averages ? new AvgPool2d(2, { stride, ceilMode: true, countIncludePad: false }) : undefined;
    this.conv = new Conv2d(inChannels, outChannels, 1, { stride: averages ? 1 : stride, bias: false });
  }

  forward(x: Value): Value {
    return this.conv(this.pool?.(x) ?? x);
  }
}

interface BlockShape {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
  readonly groups: number;
  readonly project: boolean;
  readonly residual: boolean;
  readonly avgDown: boolean;
  readonly activation: () => Module;
  readonly attention: ((channels: number) => Module) | undefined;
  readonly dropPath: number;
}

/** 1×1, 3×3 with the stride, 1×1, each behind its norm: N×C×H×W → N×K×(H/stride)×(W/stride). */
class PreActBottleneck extends Module {
  static override readonly typeName: string = 'PreActBottleneck';

  readonly downsample: Downsample | undefined;
  readonly norm1: NormAct;
  readonly conv1: Conv2d;
  readonly norm2: NormAct;
  readonly conv2: Conv2d;
  readonly norm3: NormAct;
  readonly conv3: Conv2d;
  readonly se: Module | undefined;
  readonly drop_path: DropPath | undefined;
  readonly #residual: boolean;

  constructor({ inChannels, outChannels, stride, groups, activation, ...parts }: BlockShape) {
    super();
    const width = makeDivisible(outChannels / expansion);
    this.#residual = parts.residual;
    this.downsample =
      parts.residual && parts.project
        ? new Downsample(inChannels, outChannels, stride, parts.avgDown)
        : undefined;
    this.norm1 = new NormAct(inChannels, activation);
    this.conv1 = new Conv2d(inChannels, width, 1, { bias: false });
    this.norm2 = new NormAct(width, activation);
    this.conv2 = new Conv2d(width, width, 3, { stride, padding: 1, groups, bias: false });
    this.norm3 = new NormAct(width, activation);
    this.conv3 = new Conv2d(width, outChannels, 1, { bias: false });
    this.se = parts.attention?.(outChannels);
    this.drop_path = parts.residual && parts.dropPath > 0 ? new DropPath(parts.dropPath) : undefined;
  }

  forward(x: Value): Value {
    const activated = this.norm1(x);
    let out = this.conv2(this.norm2(this.conv1(activated)));
    out = this.conv3(this.norm3(out));
    out = this.se?.(out) ?? out;
    if (!this.#residual) return out;
    return F.add(this.drop_path?.(out) ?? out, this.downsample?.(activated) ?? x);
  }
}

/** Options of `ResNetV2`. */
export interface ResNetV2Options extends Omit<PartOptions, 'antialias'> {
  /** Channels of the stem, and inside the bottlenecks of the first stage; every further stage doubles them. */
  readonly planes?: number;
  /** Groups of the 3×3. */
  readonly cardinality?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  readonly residual?: boolean;
  /** 0 in the last convolution of every block, so that it begins as the identity. */
  readonly zeroInitResidual?: boolean;
  readonly dropout?: number;
}

const kinds: Kinds<ResNetV2Options> = {
  ...kindsOf('planes', 'cardinality', 'numClasses', 'inChannels', 'residual', 'zeroInitResidual', 'dropout'),
  ...kindsOf('stem', 'stemMultiplier', 'avgDown', 'attention', 'reduction', 'dropPath', 'activation'),
};

/** N×3×H×W → N×1000. `layers` are the blocks of each stage. */
export class ResNetV2 extends Module {
  static override readonly typeName: string = 'ResNetV2';

  readonly stem: Sequential;
  readonly stages: Sequential;
  readonly norm: NormAct;
  readonly head: ClassifierHead;

  constructor(layers: readonly number[], options: ResNetV2Options = {}) {
    super();
    checkKind('ResNetV2', 'layers', layers, blocks);
    checkOptions('ResNetV2', options, kinds);
    const { planes = 64, stem = 'imagenet', stemMultiplier = 1, avgDown = false, cardinality = 1 } = options;
    const { attention = 'none', reduction = 16, dropPath = 0, zeroInitResidual = false } = options;
    const { numClasses = 1000, inChannels = 3, residual = true, dropout = 0 } = options;
    const activation = activationOf(options.activation ?? 'relu');
    if (attention === 'sk') {
      throw new UsageError(
        'ResNetV2: selective kernels have no block of pre-activation: expected se, eca or gc',
      );
    }

    let channels = planes * stemMultiplier;
    this.stem = makeStem(stem, inChannels, channels, activation);
    const count = layers.reduce((sum, blocks) => sum + blocks);
    let built = 0;
    this.stages = new Sequential(
      layers.map((blocks, stage) => {
        const outChannels = expansion * planes * 2 ** stage;
        const sequence = Array.from({ length: blocks }, (_, index) => {
          const block = new PreActBottleneck({
            ...{ inChannels: channels, outChannels, groups: cardinality, residual, avgDown, activation },
            stride: stage > 0 && index === 0 ? 2 : 1,
            project: index === 0,
            attention: attentionOf(attention, reduction),
            dropPath: dropPathRate(dropPath, built++, count),
          });
          channels = outChannels;
          return block;
        });
        return new Sequential({ blocks: new Sequential(sequence) });
      }),
    );
    this.norm = new NormAct(channels, activation);
    this.head = new ClassifierHead(channels, numClasses, { dropout, convolution: true });
    initialize(this, zeroInitResidual && residual);
  }

  forward(x: Value): Value {
    return this.head(this.norm(this.stages(this.stem(x))));
  }
}

/** N×C×H×W → N×channels×(H/4)×(W/4), or as large as it was for CIFAR's; without a norm at its end: the first block has it. */
function makeStem(
  kind: PartOptions['stem'],
  inChannels: number,
  channels: number,
  activation: () => Module,
): Sequential {
  const plain = { padding: 1, bias: false };
  if (kind === 'cifar') return new Sequential({ conv: new Conv2d(inChannels, channels, 3, plain) });
  const pool = new MaxPool2d(3, { stride: 2, padding: 1 });
  if (kind === 'imagenet') {
    const conv = new Conv2d(inChannels, channels, 7, { stride: 2, padding: 3, bias: false });
    return new Sequential({ conv, pool });
  }
  const second = Math.floor(channels / 2);
  const first = kind === 'deep' ? second : Math.floor((3 * channels) / 8);
  return new Sequential({
    conv1: new Conv2d(inChannels, first, 3, { stride: 2, ...plain }),
    norm1: new NormAct(first, activation),
    conv2: new Conv2d(first, second, 3, plain),
    norm2: new NormAct(second, activation),
    conv3: new Conv2d(second, channels, 3, plain),
    pool,
  });
}

/** timm's: Kaiming normal by fan_out for convolutions. */
function initialize(model: ResNetV2, zeroInit: boolean): void {
  for (const module of model.modules()) {
    if (module instanceof Conv2d) {
      init.kaimingNormal_(module.weight, { mode: 'fan_out', nonlinearity: 'relu' });
      if (module.bias !== undefined) init.zeros_(module.bias);
    }
  }
  model.head.initializeWeights();
  for (const module of model.modules()) {
    if (zeroInit && module instanceof PreActBottleneck) init.zeros_(module.conv3.weight);
  }
}
