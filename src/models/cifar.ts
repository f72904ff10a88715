import { checkKind, checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { BatchNorm2d, Conv2d, Dropout, Linear, Module, Sequential } from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { Block } from './block.ts';
import { conv3x3 } from './resnet.ts';
import { makeShortcut, shortcutKinds, shortcutsOf, type ShortcutOptions } from './shortcut.ts';
import { blocks, kindsOf, type Shortcut } from './options.ts';

/**
 * The 6n+2-layer ResNets for CIFAR-10 of He et al. 2016, section 4.2: a 3×3 stem of 16 channels, three stages of n blocks
 * with 16, 32 and 64, shortcuts A. Parameter names are those of the common PyTorch implementation (akamaster's
 * pytorch_resnet_cifar10), which calls the classifier `linear` and has an empty `shortcut` where the input passes as it is.
 */
class CifarBlock extends Block {
  static override readonly typeName: string = 'BasicBlock';

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly shortcut: Module | undefined;

  constructor(inChannels: number, planes: number, stride: number, shortcut: Shortcut) {
    super();
    this.conv1 = conv3x3(inChannels, planes, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = conv3x3(planes, planes);
    this.bn2 = new BatchNorm2d(planes);
    this.shortcut =
      shortcut === 'none'
        ? undefined
        : (makeShortcut(shortcut, { inChannels, outChannels: planes, stride }) ?? new Sequential());
  }

  get last(): BatchNorm2d {
    return this.bn2;
  }

  forward(x: Value): Value {
    let out = F.relu(this.bn1(this.conv1(x)));
    out = this.bn2(this.conv2(out));
    if (this.shortcut !== undefined) out = F.add(out, this.shortcut(x));
    return F.relu(out);
  }
}

/** Options of `CifarResNet`. */
export interface CifarResNetOptions extends ShortcutOptions {
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Channels of the stem and of the first stage. */
  readonly planes?: number;
  readonly dropout?: number;
}

const kinds: Kinds<CifarResNetOptions> = {
  ...shortcutKinds,
  ...kindsOf('numClasses', 'inChannels', 'planes', 'dropout'),
};

/** N×3×H×W → N×10. `layers` are the blocks of each stage: n, n, n for 6n+2 layers. */
export class CifarResNet extends Module {
  static override readonly typeName: string = 'ResNet';

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly dropout: Dropout | undefined;
  readonly linear: Linear;

  constructor(layers: readonly [number, number, number], options: CifarResNetOptions = {}) {
    super();
    checkKind('CifarResNet', 'layers', layers, {
      expected: 'blocks of the three stages such as [3, 3, 3]',
      is: (value) => blocks.is(value) && Array.isArray(value) && value.length === 3,
    });
    checkOptions('CifarResNet', options, kinds);
    const { numClasses = 10, inChannels = 3, planes = 16, dropout = 0 } = options;
    const { shortcut, zeroInit } = shortcutsOf(options, 'A');
    this.conv1 = conv3x3(inChannels, planes);
    this.bn1 = new BatchNorm2d(planes);
    this.layer1 = stack(layers[0], planes, planes, shortcut);
    this.layer2 = stack(layers[1], planes, 2 * planes, shortcut);
    this.layer3 = stack(layers[2], 2 * planes, 4 * planes, shortcut);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.linear = new Linear(4 * planes, numClasses);

    for (const module of this.modules()) {
      if (module instanceof Conv2d || module instanceof Linear) init.kaimingNormal_(module.weight);
      if (zeroInit && module instanceof Block) init.zeros_(module.last.weight);
    }
  }

  forward(x: Value): Value {
    let out = F.relu(this.bn1(this.conv1(x)));
    out = this.layer3(this.layer2(this.layer1(out)));
    out = F.flatten(F.adaptiveAvgPool2d(out, 1));
    if (this.dropout !== undefined) out = this.dropout(out);
    return this.linear(out);
  }
}

/** The first block halves the picture if it widens it. */
function stack(blocks: number, inChannels: number, planes: number, shortcut: Shortcut): Sequential {
  const first = inChannels === planes ? 1 : 2;
  return new Sequential(
    Array.from({ length: blocks }, (_, index) =>
      index === 0
        ? new CifarBlock(inChannels, planes, first, shortcut)
        : new CifarBlock(planes, planes, 1, shortcut),
    ),
  );
}
