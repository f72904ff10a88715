import { checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { AdaptiveAvgPool2d, Dropout, Linear, Module, Sequential } from '../nn/index.ts';
import { BasicConv2d, Mixed, pooledBranch, stack, times, type BranchSpec, type Wide } from './basic-conv.ts';
import { widthOf } from './narrow.ts';
import { blocks, kindsOf } from './options.ts';

/**
 * Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning (Szegedy et al., AAAI 2017, arXiv
 * 1602.07261, Figures 3 to 9): the network without residuals, with timm's parameter names. Its stages A, B and C end with
 * 384, 1024 and 1536 channels.
 */

/** Options of `InceptionV4`. */
export interface InceptionV4Options {
  /** Blocks A, B and C. */
  readonly layers?: readonly number[];
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Probability of dropping a feature before the classifier; the paper keeps 0.8. */
  readonly dropout?: number;
}

const kinds: Kinds<InceptionV4Options> = {
  ...kindsOf('numClasses', 'inChannels', 'widthMultiplier', 'dropout'),
  layers: blocks,
};

/** N×3×H×W → N×1000. */
export class InceptionV4 extends Module {
  static override readonly typeName: string = 'InceptionV4';

  readonly features: Sequential;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly head_drop: Dropout | undefined;
  readonly last_linear: Linear;

  constructor(options: InceptionV4Options = {}) {
    super();
    checkOptions('InceptionV4', options, kinds);
    const { layers = [4, 7, 3], numClasses = 1000, inChannels = 3 } = options;
    const { widthMultiplier = 1, dropout = 0.2 } = options;
    const wide = widthOf(widthMultiplier);
    const [a, b, c] = layers;
    const features = stack(inChannels, [
      (from) => new BasicConv2d(from, [wide(32), 3, 'valid', 2]),
      (from) => new BasicConv2d(from, [wide(32), 3, 'valid']),
      (from) => new BasicConv2d(from, [wide(64), 3]),
      (from) => new Mixed('Mixed3a', from, mixed3a, wide),
      (from) => new Mixed('Mixed4a', from, mixed4a, wide),
      (from) => new Mixed('Mixed5a', from, mixed5a, wide),
      ...times(a, () => (from: number) => new Mixed('InceptionA', from, inceptionA, wide)),
      (from) => new Mixed('ReductionA', from, reductionA, wide),
      ...times(b, () => (from: number) => new Mixed('InceptionB', from, inceptionB, wide)),
      (from) => new Mixed('ReductionB', from, reductionB, wide),
      ...times(c, () => (from: number) => new InceptionC(from, wide)),
    ]);
    this.features = new Sequential(features);
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.head_drop = dropout > 0 ? new Dropout(dropout) : undefined;
    this.last_linear = new Linear(features[features.length - 1].outChannels, numClasses);
  }

  forward(x: Value): Value {
    let out = F.flatten(this.global_pool(this.features(x)));
    if (this.head_drop !== undefined) out = this.head_drop(out);
    return this.last_linear(out);
  }
}

/** The stem's first and last branching (Figure 3). */
const mixed3a = new Map<string, BranchSpec>([
  ['maxpool', 'maxPool'],
  ['conv', [[96, 3, 'valid', 2]]],
]);
const mixed5a = new Map<string, BranchSpec>([
  ['conv', [[192, 3, 'valid', 2]]],
  ['maxpool', 'maxPool'],
]);

/** The stem's second branching (Figure 3). */
const mixed4a: readonly BranchSpec[] = [
  [
    [64, 1],
    [96, 3, 'valid'],
  ],
  [
    [64, 1],
    [64, [1, 7]],
    [64, [7, 1]],
    [96, 3, 'valid'],
  ],
];

/** Figure 4. */
const inceptionA: readonly BranchSpec[] = [
  [[96, 1]],
  [
    [64, 1],
    [96, 3],
  ],
  [
    [64, 1],
    [96, 3],
    [96, 3],
  ],
  { avgPool: 96 },
];

/** Figure 7, with k, l, m, n of Table 1. */
const reductionA: readonly BranchSpec[] = [
  [[384, 3, 'valid', 2]],
  [
    [192, 1],
    [224, 3],
    [256, 3, 'valid', 2],
  ],
  'maxPool',
];

/** Figure 5. */
const inceptionB: readonly BranchSpec[] = [
  [[384, 1]],
  [
    [192, 1],
    [224, [1, 7]],
    [256, [7, 1]],
  ],
  [
    [192, 1],
    [192, [7, 1]],
    [224, [1, 7]],
    [224, [7, 1]],
    [256, [1, 7]],
  ],
  { avgPool: 128 },
];

/** Figure 8. */
const reductionB: readonly BranchSpec[] = [
  [
    [192, 1],
    [192, 3, 'valid', 2],
  ],
  [
    [256, 1],
    [256, [1, 7]],
    [320, [7, 1]],
    [320, 3, 'valid', 2],
  ],
  'maxPool',
];

/** Figure 6: two of its branches end in a fork of 1×3 and 3×1. */
class InceptionC extends Module {
  static override readonly typeName: string = 'InceptionC';

  readonly branch0: BasicConv2d;
  readonly branch1_0: BasicConv2d;
  readonly branch1_1a: BasicConv2d;
  readonly branch1_1b: BasicConv2d;
  readonly branch2_0: BasicConv2d;
  readonly branch2_1: BasicConv2d;
  readonly branch2_2: BasicConv2d;
  readonly branch2_3a: BasicConv2d;
  readonly branch2_3b: BasicConv2d;
  readonly branch3: Sequential;

  constructor(inChannels: number, wide: Wide) {
    super();
    const [c256, c384, c448, c512] = [256, 384, 448, 512].map(wide);
    this.branch0 = new BasicConv2d(inChannels, [c256, 1]);
    this.branch1_0 = new BasicConv2d(inChannels, [c384, 1]);
    this.branch1_1a = new BasicConv2d(c384, [c256, [1, 3]]);
    this.branch1_1b = new BasicConv2d(c384, [c256, [3, 1]]);
    this.branch2_0 = new BasicConv2d(inChannels, [c384, 1]);
    this.branch2_1 = new BasicConv2d(c384, [c448, [3, 1]]);
    this.branch2_2 = new BasicConv2d(c448, [c512, [1, 3]]);
    this.branch2_3a = new BasicConv2d(c512, [c256, [1, 3]]);
    this.branch2_3b = new BasicConv2d(c512, [c256, [3, 1]]);
    this.branch3 = pooledBranch(inChannels, c256);
  }

  get outChannels(): number {
    return 6 * this.branch0.outChannels;
  }

  forward(x: Value): Value {
    const fork1 = this.branch1_0(x);
    const fork2 = this.branch2_2(this.branch2_1(this.branch2_0(x)));
    return F.cat([
      this.branch0(x),
      ...[this.branch1_1a(fork1), this.branch1_1b(fork1)],
      ...[this.branch2_3a(fork2), this.branch2_3b(fork2)],
      this.branch3(x),
    ]);
  }
}
