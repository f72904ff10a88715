import { CardinalError } from '../base/errors.ts';
import { anything, checkKind, checkOptions, wholeFrom, type Kind, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { Block, innerWidth, plainParts, ResidualBlock } from './block.ts';
import type { BlockOptions, BlockParts, BlockType } from './block.ts';
import { partKinds, type PartOptions } from './part-options.ts';
import { partsOf } from './parts.ts';
import { makeShortcut, shortcutKinds, shortcutsOf, type ShortcutOptions } from './shortcut.ts';
import { blocks, kindsOf, type Shortcut } from './options.ts';

/**
 * Deep Residual Learning for Image Recognition (He et al., CVPR 2016, arXiv 1512.03385) and Aggregated Residual
 * Transformations for Deep Neural Networks (Xie et al., CVPR 2017, arXiv 1611.05431), with torchvision's parameter names.
 * A ResNeXt is a ResNet whose 3×3 convolutions are grouped: block (c) of its paper's Figure 3.
 */

const aboveZero: Kind = {
  expected: 'a number above 0',
  is: (value) => Number.isFinite(value) && Number(value) > 0,
};
const blockKinds: Kinds<BlockOptions> = {
  ...kindsOf('depthwise', 'shortcut'),
  stride: wholeFrom(1),
  groups: wholeFrom(1),
  widthPerGroup: aboveZero,
  parts: anything,
};

/** Throws a `UsageError` unless a block can be made of it. */
export function checkBlock(what: string, inChannels: number, planes: number, options: BlockOptions): void {
  checkKind(what, 'inChannels', inChannels, wholeFrom(1));
  checkKind(what, 'planes', planes, wholeFrom(1));
  checkOptions(what, options, blockKinds, ['stride', 'groups', 'widthPerGroup', 'shortcut']);
}

/** Two 3×3 convolutions. */
export class BasicBlock extends ResidualBlock {
  static override readonly typeName: string = 'BasicBlock';

  static readonly expansion = 1;

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: Module;
  readonly aa: Module | undefined;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly se: Module | undefined;
  readonly downsample: Module | undefined;
  readonly drop_path: Module | undefined;

  constructor(inChannels: number, planes: number, options: BlockOptions) {
    checkBlock('BasicBlock', inChannels, planes, options);
    const { stride, depthwise = false, shortcut, parts = plainParts } = options;
    super(shortcut);
    if (options.groups !== 1 || options.widthPerGroup !== 64 || depthwise) {
      throw new CardinalError(
        `BasicBlock: expected cardinality 1 and base width 64, got ${depthwise ? 'depthwise' : options.groups} and ${options.widthPerGroup}; paths of two convolutions summed up are just a wider dense block (ResNeXt paper, Figure 4)`,
      );
    }
    this.aa = stride > 1 ? parts.antialias?.(planes, stride) : undefined;
    this.conv1 = conv3x3(inChannels, planes, this.aa ? 1 : stride);
    this.bn1 = new BatchNorm2d(planes);
    this.relu = parts.activation();
    this.conv2 = conv3x3(planes, planes);
    this.bn2 = new BatchNorm2d(planes);
    this.se = parts.attention?.(planes);
    this.downsample = makeShortcut(shortcut, { inChannels, outChannels: planes, stride }, parts.project);
    this.drop_path = parts.dropPath;
  }

  get last(): BatchNorm2d {
    return this.bn2;
  }

  forward(x: Value): Value {
    let out = this.relu(this.bn1(this.conv1(x)));
    out = this.aa?.(out) ?? out;
    return this.joined(this.bn2(this.conv2(out)), x);
  }
}

export interface BottleneckShape {
  /** Channels of the 3×3. */
  readonly width: number;
  readonly groups: number;
  readonly outChannels: number;
  readonly stride: number;
  readonly shortcut: Shortcut;
  readonly parts?: BlockParts | undefined;
}

/** 1×1, grouped 3×3 with the stride, 1×1: N×inChannels×H×W → N×outChannels×(H/stride)×(W/stride). */
export class BottleneckLayers extends ResidualBlock {
  static override readonly typeName: string = 'Bottleneck';

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly aa: Module | undefined;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu: Module;
  readonly se: Module | undefined;
  readonly downsample: Module | undefined;
  readonly drop_path: Module | undefined;

  constructor(inChannels: number, shape: BottleneckShape) {
    const { width, groups, outChannels, stride, shortcut, parts = plainParts } = shape;
    super(shortcut);
    this.aa = stride > 1 ? parts.antialias?.(width, stride) : undefined;
    this.conv1 = conv1x1(inChannels, width);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv3x3(width, width, this.aa ? 1 : stride, groups);
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = conv1x1(width, outChannels);
    this.bn3 = new BatchNorm2d(outChannels);
    this.relu = parts.activation();
    this.se = parts.attention?.(outChannels);
    this.downsample = makeShortcut(shortcut, { inChannels, outChannels, stride }, parts.project);
    this.drop_path = parts.dropPath;
  }

  get last(): BatchNorm2d {
    return this.bn3;
  }

  forward(x: Value): Value {
    let out = this.relu(this.bn1(this.conv1(x)));
    out = this.relu(this.bn2(this.conv2(out)));
    out = this.aa?.(out) ?? out;
    return this.joined(this.bn3(this.conv3(out)), x);
  }
}

/** The block of ResNet and ResNeXt: the stride in the 3×3, as the ResNeXt paper and torchvision have it. */
export class Bottleneck extends BottleneckLayers {
  static override readonly typeName: string = 'Bottleneck';

  static readonly expansion = 4;

  constructor(inChannels: number, planes: number, options: BlockOptions) {
    checkBlock('Bottleneck', inChannels, planes, options);
    const { stride, groups, widthPerGroup, depthwise = false, shortcut, parts } = options;
    const width = innerWidth(planes, widthPerGroup) * groups;
    const outChannels = planes * Bottleneck.expansion;
    super(inChannels, { width, groups: depthwise ? width : groups, outChannels, stride, shortcut, parts });
  }
}

/** Options of `ResNet`. */
export interface ResNetOptions extends ShortcutOptions, PartOptions {
  readonly groups?: number;
  readonly widthPerGroup?: number;
  /** Groups of one channel in all 3×3 convolutions: the limit of cardinality (see `depthwise-limit.ts`). */
  readonly depthwise?: boolean;
  /** Planes of the first stage, and channels of the stem; every further stage doubles them and halves the picture. */
  readonly planes?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
}

const resnetKinds: Kinds<ResNetOptions> = {
  ...shortcutKinds,
  ...partKinds,
  ...kindsOf('depthwise', 'planes', 'numClasses', 'inChannels', 'dropout'),
  groups: wholeFrom(1),
  widthPerGroup: aboveZero,
};

/** N×inChannels×H×W → N×numClasses. `layers` are the blocks of each stage, called layer1, layer2, …. */
export class ResNet extends Module {
  static override readonly typeName: string = 'ResNet';

  readonly conv1: Module;
  readonly bn1: BatchNorm2d;
  readonly relu: Module;
  readonly maxpool: Module | undefined;
  readonly #stages: readonly Sequential[];
  readonly avgpool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly fc: Linear;

  constructor(block: BlockType, layers: readonly number[], options: ResNetOptions = {}) {
    super();
    checkKind('ResNet', 'the block', block, {
      expected: 'a class of blocks, such as Bottleneck',
      is: (value) => typeof value === 'function' && 'expansion' in value,
    });
    checkKind('ResNet', 'layers', layers, blocks);
    checkOptions('ResNet', options, resnetKinds);
    const { stem = 'imagenet', groups = 1, widthPerGroup = 64, depthwise = false, planes = 64 } = options;
    const { numClasses = 1000, inChannels = 3, dropout = 0, stemMultiplier = 1 } = options;
    const { shortcut, zeroInit } = shortcutsOf(options, 'B');
    const stemChannels = planes * stemMultiplier;
    const small = stem === 'cifar';
    const parts = partsOf(options);
    const type = parts.blockType?.(block) ?? block;

    this.conv1 =
      parts.stem?.(inChannels, stemChannels) ??
      (small
        ? conv3x3(inChannels, stemChannels)
        : new Conv2d(inChannels, stemChannels, 7, { stride: 2, padding: 3, bias: false }));
    this.bn1 = new BatchNorm2d(stemChannels);
    this.relu = parts.activation();
    this.maxpool = small
      ? undefined
      : (parts.pool?.(stemChannels) ?? new MaxPool2d(3, { stride: 2, padding: 1 }));

    let channels = stemChannels;
    const count = layers.reduce((sum, blocks) => sum + blocks);
    let built = 0;
    this.#stages = layers.map((blocks, stage) => {
      const stagePlanes = planes * 2 ** stage;
      const sequence = Array.from({ length: blocks }, (_, index) => {
        const stride = stage > 0 && index === 0 ? 2 : 1;
        const made = new type(channels, stagePlanes, {
          stride,
          groups,
          widthPerGroup,
          depthwise,
          shortcut,
          parts: parts.ofBlock(built++, count),
        });
        channels = stagePlanes * block.expansion;
        return made;
      });
      return new Sequential(sequence);
    });
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.fc = new Linear(channels, numClasses);
    initializeResNet(this, zeroInit);
  }

  /** Stages stand between the stem and the head, as many as `layers` said. */
  override namedChildren(): [string, Module][] {
    const own = super.namedChildren();
    const head = own.findIndex(([name]) => name === 'avgpool');
    const stages = this.#stages.map((stage, index): [string, Module] => [`layer${index + 1}`, stage]);
    return [...own.slice(0, head), ...stages, ...own.slice(head)];
  }

  forward(x: Value): Value {
    let out = this.relu(this.bn1(this.conv1(x)));
    if (this.maxpool !== undefined) out = this.maxpool(out);
    for (const stage of this.#stages) out = stage(out);
    out = F.flatten(this.avgpool(out));
    if (this.dropout !== undefined) out = this.dropout(out);
    return this.fc(out);
  }
}

/**
 * torchvision's initialisation: Kaiming normal by fan_out for convolutions, PyTorch's own for the classifier. Zeroing comes
 * after everything else, so that nothing undoes it.
 */
export function initializeResNet(model: Module, zeroInitResidual: boolean): void {
  for (const module of model.modules()) {
    if (module instanceof Conv2d) {
      init.kaimingNormal_(module.weight, { mode: 'fan_out', nonlinearity: 'relu' });
    }
  }
  for (const module of model.modules()) {
    if (!(module instanceof Block)) continue;
    module.initializeWeights?.();
    if (zeroInitResidual) init.zeros_(module.last.weight);
  }
}

export function conv3x3(inChannels: number, outChannels: number, stride = 1, groups = 1): Conv2d {
  return new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, groups, bias: false });
}

export function conv1x1(inChannels: number, outChannels: number, stride = 1): Conv2d {
  return new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
}
