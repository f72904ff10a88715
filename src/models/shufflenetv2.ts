import { checkOptions, type Kind, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional/index.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Linear,
  MaxPool2d,
  Module,
  PointwiseConv2d,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { depthwise } from './blocks/convolution.ts';
import { kindsOf } from './options.ts';

/**
 * ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design (Ma et al., ECCV 2018, arXiv 1807.11164), with
 * torchvision's parameter names and PyTorch's initialisation.
 */

/** Channels of conv1, of the stages and of conv5 at each of the paper's widths (Table 5, as corrected in torchvision's). */
export const shuffleNetChannels = {
  0.5: [24, 48, 96, 192, 1024],
  1: [24, 116, 232, 464, 1024],
  1.5: [24, 176, 352, 704, 1024],
  2: [24, 244, 488, 976, 2048],
} as const;

/** Units of stage 2, 3 and 4; the first of each halves the picture. */
const units = [4, 8, 4];

const relu = () => new ReLU({ inplace: true });

/**
 * The unit (Figure 3, c and d). Without a stride one half of the channels goes by and the other through 1×1, depthwise 3×3 and
 * 1×1; with one both halves of the output are computed. Then the halves are shuffled.
 */
class InvertedResidual extends Module {
  static override readonly typeName: string = 'InvertedResidual';

  readonly branch1: Sequential;
  readonly branch2: Sequential;
  readonly #stride: number;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    const half = outChannels / 2;
    this.#stride = stride;
    this.branch1 = new Sequential(
      stride === 1 ? [] : [...depthwiseNorm(inChannels, stride), ...pointwiseNorm(inChannels, half), relu()],
    );
    this.branch2 = new Sequential(
      ...pointwiseNorm(stride === 1 ? half : inChannels, half),
      relu(),
      ...depthwiseNorm(half, stride),
      ...pointwiseNorm(half, half),
      relu(),
    );
  }

  forward(x: Value): Value {
    const [bypassed, worked] = this.#stride === 1 ? F.chunk(x, 2) : [this.branch1(x), x];
    return F.channelShuffle(F.cat([bypassed, this.branch2(worked)]), 2);
  }
}

function depthwiseNorm(channels: number, stride: number): Module[] {
  return [depthwise(channels, 3, { stride }), new BatchNorm2d(channels)];
}

function pointwiseNorm(inChannels: number, outChannels: number): Module[] {
  return [new PointwiseConv2d(inChannels, outChannels, { bias: false }), new BatchNorm2d(outChannels)];
}

/** Options of `ShuffleNetV2`. */
export interface ShuffleNetV2Options {
  /** Channels of conv1, stages 2 to 4 and conv5; those of the stages even. Default: the paper's 1×. */
  readonly channels?: readonly number[];
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
}

const fiveWidths: Kind = {
  expected: 'five whole numbers, those of the stages even, such as [24, 116, 232, 464, 1024]',
  is: (value) =>
    Array.isArray(value) &&
    value.length === 5 &&
    value.every((count, at) => Number.isInteger(count) && count > 0 && (at % 4 === 0 || count % 2 === 0)),
};

const kinds: Kinds<ShuffleNetV2Options> = {
  ...kindsOf('numClasses', 'inChannels', 'dropout'),
  channels: fiveWidths,
};

/** N×3×H×W → N×1000. */
export class ShuffleNetV2 extends Module {
  static override readonly typeName: string = 'ShuffleNetV2';

  readonly conv1: Sequential;
  readonly maxpool: MaxPool2d;
  readonly stage2: Sequential;
  readonly stage3: Sequential;
  readonly stage4: Sequential;
  readonly conv5: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly fc: Linear;

  constructor(options: ShuffleNetV2Options = {}) {
    super();
    checkOptions('ShuffleNetV2', options, kinds);
    const { channels = shuffleNetChannels[1], numClasses = 1000, inChannels = 3, dropout = 0 } = options;
    const [first, second, third, fourth, last] = channels;
    const stem = new Conv2d(inChannels, first, 3, { stride: 2, padding: 1, bias: false });
    this.conv1 = new Sequential(stem, new BatchNorm2d(first), relu());
    this.maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
    this.stage2 = stage(first, second, units[0]);
    this.stage3 = stage(second, third, units[1]);
    this.stage4 = stage(third, fourth, units[2]);
    this.conv5 = new Sequential(...pointwiseNorm(fourth, last), relu());
    this.avgpool = new AdaptiveAvgPool2d(1);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.fc = new Linear(last, numClasses);
  }

  forward(x: Value): Value {
    let out = this.maxpool(this.conv1(x));
    out = this.conv5(this.stage4(this.stage3(this.stage2(out))));
    out = F.flatten(this.avgpool(out));
    return this.fc(this.dropout?.(out) ?? out);
  }
}

function stage(inChannels: number, outChannels: number, count: number): Sequential {
  return new Sequential(
    Array.from({ length: count }, (_, index) =>
      index === 0
        ? new InvertedResidual(inChannels, outChannels, 2)
        : new InvertedResidual(outChannels, outChannels, 1),
    ),
  );
}
