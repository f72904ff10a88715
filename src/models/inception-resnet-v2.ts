import { checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { BasicConv2d, Branches, Mixed, times, type BranchSpec, type Wide } from './basic-conv.ts';
import { widthOf } from './narrow.ts';
import { blocks, kindsOf } from './options.ts';

/**
 * Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning (Szegedy et al., AAAI 2017, arXiv
 * 1602.07261, sections 3.2 and 3.3): the residual network, with the parameter names of timm, which are those of Cadene's
 * pretrained-models.pytorch but for the head. It follows the authors' program, and so the published weights, where the
 * paper's Figures 15 to 19 differ from it: Inception-v3's stem, Block35, Block17 and Block8 at 320, 1088 and 2080 channels.
 */

/** x + scale·f(x), then ReLU unless it is left out: branches, concatenated, and a 1×1 convolution with a bias and no norm. */
class ResidualBlock extends Branches {
  readonly scale: number;
  readonly conv2d: Conv2d;
  readonly relu: ReLU | undefined;

  constructor(
    typeName: string,
    channels: number,
    branches: readonly BranchSpec[],
    { wide, scale, relu = true }: { readonly wide: Wide; readonly scale: number; readonly relu?: boolean },
  ) {
    super(typeName, channels, branches, wide);
    this.scale = scale;
    this.conv2d = new Conv2d(this.branchChannels, channels, 1);
    this.relu = relu ? new ReLU() : undefined;
  }

  get outChannels(): number {
    return this.conv2d.outChannels;
  }

  forward(x: Value): Value {
    const out = F.add(x, this.conv2d(this.concatenated(x)), { alpha: this.scale });
    return this.relu?.(out) ?? out;
  }
}

/** Options of `InceptionResnetV2`. */
export interface InceptionResnetV2Options {
  /** Blocks of 35×35, 17×17 and 8×8 pixels; the last kind has one more, without scale and ReLU. */
  readonly layers?: readonly number[];
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Probability of dropping a feature before the classifier; the paper keeps 0.8. */
  readonly dropout?: number;
}

const kinds: Kinds<InceptionResnetV2Options> = {
  ...kindsOf('numClasses', 'inChannels', 'widthMultiplier', 'dropout'),
  layers: blocks,
};

/** N×3×H×W → N×1000. */
export class InceptionResnetV2 extends Module {
  static override readonly typeName: string = 'InceptionResnetV2';

  readonly conv2d_1a: BasicConv2d;
  readonly conv2d_2a: BasicConv2d;
  readonly conv2d_2b: BasicConv2d;
  readonly maxpool_3a: MaxPool2d;
  readonly conv2d_3b: BasicConv2d;
  readonly conv2d_4a: BasicConv2d;
  readonly maxpool_5a: MaxPool2d;
  readonly mixed_5b: Mixed;
  readonly repeat: Sequential;
  readonly mixed_6a: Mixed;
  readonly repeat_1: Sequential;
  readonly mixed_7a: Mixed;
  readonly repeat_2: Sequential;
  readonly block8: ResidualBlock;
  readonly conv2d_7b: BasicConv2d;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly head_drop: Dropout | undefined;
  readonly classif: Linear;

  constructor(options: InceptionResnetV2Options = {}) {
    super();
    checkOptions('InceptionResnetV2', options, kinds);
    const { layers = [10, 20, 9], numClasses = 1000, inChannels = 3 } = options;
    const { widthMultiplier = 1, dropout = 0.2 } = options;
    const wide = widthOf(widthMultiplier);
    const [count35, count17, count8] = layers;
    this.conv2d_1a = new BasicConv2d(inChannels, [wide(32), 3, 'valid', 2]);
    this.conv2d_2a = new BasicConv2d(wide(32), [wide(32), 3, 'valid']);
    this.conv2d_2b = new BasicConv2d(wide(32), [wide(64), 3]);
    this.maxpool_3a = new MaxPool2d(3, { stride: 2 });
    this.conv2d_3b = new BasicConv2d(wide(64), [wide(80), 1]);
    this.conv2d_4a = new BasicConv2d(wide(80), [wide(192), 3, 'valid']);
    this.maxpool_5a = new MaxPool2d(3, { stride: 2 });
    this.mixed_5b = new Mixed('Mixed_5b', wide(192), mixed5b, wide);
    const c35 = this.mixed_5b.outChannels;
    this.repeat = residuals('Block35', c35, count35, block35, { wide, scale: 0.17 });
    this.mixed_6a = new Mixed('Mixed_6a', c35, mixed6a, wide);
    const c17 = this.mixed_6a.outChannels;
    this.repeat_1 = residuals('Block17', c17, count17, block17, { wide, scale: 0.1 });
    this.mixed_7a = new Mixed('Mixed_7a', c17, mixed7a, wide);
    const c8 = this.mixed_7a.outChannels;
    this.repeat_2 = residuals('Block8', c8, count8, block8, { wide, scale: 0.2 });
    this.block8 = new ResidualBlock('Block8', c8, block8, { wide, scale: 1, relu: false });
    this.conv2d_7b = new BasicConv2d(c8, [wide(1536), 1]);
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.head_drop = dropout > 0 ? new Dropout(dropout) : undefined;
    this.classif = new Linear(wide(1536), numClasses);
  }

  forward(x: Value): Value {
    let out = this.conv2d_2b(this.conv2d_2a(this.conv2d_1a(x)));
    out = this.conv2d_4a(this.conv2d_3b(this.maxpool_3a(out)));
    out = this.repeat(this.mixed_5b(this.maxpool_5a(out)));
    out = this.repeat_1(this.mixed_6a(out));
    out = this.block8(this.repeat_2(this.mixed_7a(out)));
    out = F.flatten(this.global_pool(this.conv2d_7b(out)));
    if (this.head_drop !== undefined) out = this.head_drop(out);
    return this.classif(out);
  }
}

function residuals(
  typeName: string,
  channels: number,
  count: number,
  branches: readonly BranchSpec[],
  options: { readonly wide: Wide; readonly scale: number },
): Sequential {
  return new Sequential(times(count, () => new ResidualBlock(typeName, channels, branches, options)));
}

const mixed5b: readonly BranchSpec[] = [
  [[96, 1]],
  [
    [48, 1],
    [64, 5],
  ],
  [
    [64, 1],
    [96, 3],
    [96, 3],
  ],
  { avgPool: 64 },
];

const block35: readonly BranchSpec[] = [
  [[32, 1]],
  [
    [32, 1],
    [32, 3],
  ],
  [
    [32, 1],
    [48, 3],
    [64, 3],
  ],
];

const mixed6a: readonly BranchSpec[] = [
  [[384, 3, 'valid', 2]],
  [
    [256, 1],
    [256, 3],
    [384, 3, 'valid', 2],
  ],
  'maxPool',
];

const block17: readonly BranchSpec[] = [
  [[192, 1]],
  [
    [128, 1],
    [160, [1, 7]],
    [192, [7, 1]],
  ],
];

const mixed7a: readonly BranchSpec[] = [
  [
    [256, 1],
    [384, 3, 'valid', 2],
  ],
  [
    [256, 1],
    [288, 3, 'valid', 2],
  ],
  [
    [256, 1],
    [288, 3],
    [320, 3, 'valid', 2],
  ],
  'maxPool',
];

const block8: readonly BranchSpec[] = [
  [[192, 1]],
  [
    [192, 1],
    [224, [1, 3]],
    [256, [3, 1]],
  ],
];
