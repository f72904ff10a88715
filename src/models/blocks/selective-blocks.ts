import { CardinalError } from '../../base/errors.ts';
import type { Value } from '../../graph/value.ts';
import type { BatchNorm2d, Module } from '../../nn/index.ts';
import { plainParts, ResidualBlock, type BlockOptions, type BlockType, innerWidth } from '../block.ts';
import { makeShortcut } from '../shortcut.ts';
import { ConvNormAct } from './conv-norm-act.ts';
import { SelectiveKernel } from './selective-kernel.ts';

/** ResNet's blocks with selective kernels in place of a 3×3, with timm's parameter names. */

/** Two convolutions, the first of them of selective kernels. */
class SelectiveKernelBasic extends ResidualBlock {
  static override readonly typeName: string = 'SelectiveKernelBasic';

  static readonly expansion = 1;

  readonly conv1: SelectiveKernel;
  readonly conv2: ConvNormAct;
  readonly relu: Module;
  readonly se: undefined;
  readonly downsample: Module | undefined;
  readonly drop_path: Module | undefined;

  constructor(inChannels: number, planes: number, options: BlockOptions) {
    const { stride, groups, shortcut, parts = plainParts } = options;
    super(shortcut);
    if (groups !== 1) {
      throw new CardinalError(`SelectiveKernelBasic: expected cardinality 1, got ${groups}`);
    }
    const { activation, antialias, reduction = 16 } = parts;
    this.conv1 = new SelectiveKernel(inChannels, planes, {
      ...{ stride, activation, antialias, reduction, divisor: 16, splitInput: true },
    });
    this.conv2 = new ConvNormAct(planes, planes, { kernelSize: 3 });
    this.relu = activation();
    this.downsample = makeShortcut(shortcut, { inChannels, outChannels: planes, stride }, parts.project);
    this.drop_path = parts.dropPath;
  }

  get last(): BatchNorm2d {
    return this.conv2.bn;
  }

  forward(x: Value): Value {
    return this.joined(this.conv2(this.conv1(x)), x);
  }
}

/** 1×1, selective kernels, 1×1. */
class SelectiveKernelBottleneck extends ResidualBlock {
  static override readonly typeName: string = 'SelectiveKernelBottleneck';

  static readonly expansion = 4;

  readonly conv1: ConvNormAct;
  readonly conv2: SelectiveKernel;
  readonly conv3: ConvNormAct;
  readonly relu: Module;
  readonly se: undefined;
  readonly downsample: Module | undefined;
  readonly drop_path: Module | undefined;

  constructor(inChannels: number, planes: number, options: BlockOptions) {
    const { stride, groups, widthPerGroup, depthwise = false, shortcut, parts = plainParts } = options;
    super(shortcut);
    const { activation, antialias, reduction = 16 } = parts;
    const width = innerWidth(planes, widthPerGroup) * groups;
    const outChannels = planes * SelectiveKernelBottleneck.expansion;
    // Grouped convolutions are small as they are.
    const grouped = groups > 1 || depthwise;
    this.conv1 = new ConvNormAct(inChannels, width, { activation });
    this.conv2 = new SelectiveKernel(width, width, {
      ...{ stride, groups: depthwise ? width : groups, activation, antialias },
      ...{ reduction, divisor: grouped ? 32 : 8, splitInput: !grouped },
    });
    this.conv3 = new ConvNormAct(width, outChannels);
    this.relu = activation();
    this.downsample = makeShortcut(shortcut, { inChannels, outChannels, stride }, parts.project);
    this.drop_path = parts.dropPath;
  }

  get last(): BatchNorm2d {
    return this.conv3.bn;
  }

  forward(x: Value): Value {
    return this.joined(this.conv3(this.conv2(this.conv1(x))), x);
  }
}

/** The block with selective kernels that stands for a usual one. */
export function selectiveBlock({ expansion }: BlockType): BlockType {
  return expansion === 1 ? SelectiveKernelBasic : SelectiveKernelBottleneck;
}
