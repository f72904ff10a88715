import { checkOptions, wholeFrom, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  BatchNorm2d,
  type Conv2d,
  Identity,
  Module,
  PointwiseConv2d,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { ClassifierHead } from './blocks/classifier-head.ts';
import { conv, depthwise } from './blocks/convolution.ts';
import { DropPath, dropPathRate } from './blocks/drop-path.ts';
import { widthOf } from './narrow.ts';
import { kindsOf } from './options.ts';

/**
 * Xception as DeepLab aligned and deepened it: depthwise convolutions stride where Chollet's max pools did, and are
 * normalised (Dai et al. 2017, "Deformable Convolutional Networks"; Chen et al. 2018, "Encoder–Decoder with Atrous Separable
 * Convolution", arXiv 1802.02611, Figure 4), with timm's parameter names.
 */

const norm = { eps: 1e-3 };

/** Depthwise 3×3 with the stride, and 1×1, each with batch norm; activated only where the module does not do it. */
class SeparableConv2d extends Module {
  static override readonly typeName: string = 'SeparableConv2d';

  readonly conv_dw: Conv2d;
  readonly bn_dw: BatchNorm2d;
  readonly act_dw: Module;
  readonly conv_pw: Conv2d;
  readonly bn_pw: BatchNorm2d;
  readonly act_pw: Module;

  constructor(inChannels: number, outChannels: number, stride: number, activated: boolean) {
    super();
    const activation = () => (activated ? new ReLU({ inplace: true }) : new Identity());
    this.conv_dw = depthwise(inChannels, 3, { stride });
    this.bn_dw = new BatchNorm2d(inChannels, norm);
    this.act_dw = activation();
    this.conv_pw = new PointwiseConv2d(inChannels, outChannels, { bias: false });
    this.bn_pw = new BatchNorm2d(outChannels, norm);
    this.act_pw = activation();
  }

  forward(x: Value): Value {
    const out = this.act_dw(this.bn_dw(this.conv_dw(x)));
    return this.act_pw(this.bn_pw(this.conv_pw(out)));
  }
}

/** A convolution without bias and its batch norm, with ReLU if told so. */
class ConvNormAct extends Module {
  static override readonly typeName: string = 'ConvNormAct';

  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly act: Module;

  constructor(convolution: Conv2d, activated: boolean) {
    super();
    this.conv = convolution;
    this.bn = new BatchNorm2d(convolution.outChannels, norm);
    this.act = activated ? new ReLU({ inplace: true }) : new Identity();
  }

  forward(x: Value): Value {
    return this.act(this.bn(this.conv(x)));
  }
}

/** Three separable convolutions by names. */
class Stack extends Module {
  static override readonly typeName: string = 'Stack';

  readonly act1: ReLU | undefined;
  readonly conv1: SeparableConv2d;
  readonly act2: ReLU | undefined;
  readonly conv2: SeparableConv2d;
  readonly act3: ReLU | undefined;
  readonly conv3: SeparableConv2d;

  constructor(
    inChannels: number,
    [first, second, third]: Channels,
    stride: number,
    activatedBefore: boolean,
  ) {
    super();
    const before = (inplace: boolean) => (activatedBefore ? new ReLU({ inplace }) : undefined);
    this.act1 = before(false);
    this.conv1 = new SeparableConv2d(inChannels, first, 1, !activatedBefore);
    this.act2 = before(true);
    this.conv2 = new SeparableConv2d(first, second, 1, !activatedBefore);
    this.act3 = before(true);
    this.conv3 = new SeparableConv2d(second, third, stride, !activatedBefore);
  }

  forward(x: Value): Value {
    let out = this.conv1(this.act1?.(x) ?? x);
    out = this.conv2(this.act2?.(out) ?? out);
    return this.conv3(this.act3?.(out) ?? out);
  }
}

type Channels = readonly [number, number, number];

/** What a module is: the channels behind its three convolutions, and the stride of the last. */
interface ModuleSpec {
  readonly channels: Channels;
  readonly stride: number;
  /** Without a shortcut it activates behind every convolution; with one, before. */
  readonly shortcut?: boolean;
  readonly dropPath?: number;
}

/** A stack and, if there is one, its shortcut, projected where the shape changes. */
class XceptionModule extends Module {
  static override readonly typeName: string = 'XceptionModule';

  readonly shortcut: ConvNormAct | undefined;
  readonly stack: Stack;
  readonly drop_path: DropPath | undefined;
  readonly #residual: boolean;

  constructor(inChannels: number, { channels, stride, shortcut = true, dropPath = 0 }: ModuleSpec) {
    super();
    const [, , outChannels] = channels;
    this.#residual = shortcut;
    this.shortcut =
      shortcut && (outChannels !== inChannels || stride !== 1)
        ? new ConvNormAct(new PointwiseConv2d(inChannels, outChannels, { stride, bias: false }), false)
        : undefined;
    this.stack = new Stack(inChannels, channels, stride, shortcut);
    this.drop_path = dropPath > 0 ? new DropPath(dropPath) : undefined;
  }

  forward(x: Value): Value {
    const out = this.stack(x);
    return this.#residual ? F.add(this.drop_path?.(out) ?? out, this.shortcut?.(x) ?? x) : out;
  }
}

/** Output channels and stride of the modules of the entry flow, by the number of convolutions in the name. */
const entryFlows = {
  41: [
    [128, 2],
    [256, 2],
    [728, 2],
  ],
  65: [
    [128, 2],
    [256, 2],
    [728, 2],
  ],
  71: [
    [128, 2],
    [256, 1],
    [256, 2],
    [728, 1],
    [728, 2],
  ],
} as const;

const middleFlows = { 41: 8, 65: 16, 71: 16 };

/** Options of `XceptionAligned`. */
export interface XceptionAlignedOptions {
  /** 41, 65 or 71 convolutions. */
  readonly depth?: keyof typeof entryFlows;
  /** Modules of the middle flow; default: as many as the depth has. */
  readonly middle?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
  /** Probability that training leaves the last module out for a picture; it grows linearly from 0. */
  readonly dropPath?: number;
}

const kinds: Kinds<XceptionAlignedOptions> = {
  ...kindsOf('numClasses', 'inChannels', 'widthMultiplier', 'dropout', 'dropPath'),
  depth: { expected: '41, 65 or 71', is: (value) => Object.hasOwn(entryFlows, String(value)) },
  middle: wholeFrom(1),
};

/** N×3×H×W → N×1000. */
export class XceptionAligned extends Module {
  static override readonly typeName: string = 'XceptionAligned';

  readonly stem: Sequential;
  readonly blocks: Sequential;
  readonly head: ClassifierHead;

  constructor(options: XceptionAlignedOptions = {}) {
    super();
    checkOptions('XceptionAligned', options, kinds);
    const { depth = 41, middle = middleFlows[depth], widthMultiplier = 1 } = options;
    const { numClasses = 1000, inChannels = 3, dropout = 0, dropPath = 0 } = options;
    const wide = widthOf(widthMultiplier);
    const same = (channels: number, stride: number): ModuleSpec => ({
      channels: [wide(channels), wide(channels), wide(channels)],
      stride,
    });
    const modules: ModuleSpec[] = [
      ...entryFlows[depth].map(([channels, stride]) => same(channels, stride)),
      ...Array.from({ length: middle }, () => same(728, 1)),
      // Exit flow.
      { channels: [wide(728), wide(1024), wide(1024)], stride: 2 },
      { channels: [wide(1536), wide(1536), wide(2048)], stride: 1, shortcut: false },
    ];

    this.stem = new Sequential(
      new ConvNormAct(conv(inChannels, wide(32), 3, { stride: 2 }), true),
      new ConvNormAct(conv(wide(32), wide(64), 3), true),
    );
    let channels = wide(64);
    this.blocks = new Sequential(
      modules.map((spec, index) => {
        const rate = dropPathRate(dropPath, index, modules.length);
        const made = new XceptionModule(channels, { ...spec, dropPath: rate });
        [, , channels] = spec.channels;
        return made;
      }),
    );
    this.head = new ClassifierHead(channels, numClasses, { dropout });
  }

  forward(x: Value): Value {
    return this.head(this.blocks(this.stem(x)));
  }
}
