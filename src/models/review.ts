import { checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Identity,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import { Block } from './block.ts';
import { initializeResNet } from './resnet.ts';
import { kindsOf } from './options.ts';

interface ReviewBlockOptions {
  readonly cardinality: number;
  readonly stride: number;
  /** Undefined if there is none. */
  readonly shortcut: 'projection' | 'identity' | undefined;
}

/** A block of the review's ResNeXt-50 32×4d, with its own parameter names. */
class ReviewBottleneck extends Block {
  static override readonly typeName: string = 'Bottleneck';

  static readonly expansion = 2;

  readonly residual: Sequential;
  readonly shortcut: Module | undefined;
  readonly relu: ReLU;
  readonly #last: BatchNorm2d;

  constructor(inChannels: number, width: number, options: ReviewBlockOptions) {
    super();
    const { cardinality, stride, shortcut } = options;
    const outChannels = width * ReviewBottleneck.expansion;
    this.#last = new BatchNorm2d(outChannels);
    this.residual = new Sequential(
      new Conv2d(inChannels, width, 1, { bias: false }),
      new BatchNorm2d(width),
      new ReLU({ inplace: true }),
      new Conv2d(width, width, 3, { stride, padding: 1, groups: cardinality, bias: false }),
      new BatchNorm2d(width),
      new ReLU({ inplace: true }),
      new Conv2d(width, outChannels, 1, { bias: false }),
      this.#last,
    );
    if (shortcut === 'projection') {
      this.shortcut = new Sequential(
        new Conv2d(inChannels, outChannels, 1, { stride }),
        new BatchNorm2d(outChannels),
      );
    } else if (shortcut === 'identity') this.shortcut = new Identity();
    this.relu = new ReLU();
  }

  get last(): BatchNorm2d {
    return this.#last;
  }

  forward(x: Value): Value {
    const residual = this.residual(x);
    return this.relu(this.shortcut === undefined ? residual : F.add(residual, this.shortcut(x)));
  }
}

/** Options of `ReviewResNeXt`. */
export interface ReviewOptions {
  readonly cardinality?: number;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** False leaves out every shortcut. */
  readonly residual?: boolean;
  /** γ = 0 in the last batch norm of every block; default: true. Without shortcuts it has no effect. */
  readonly zeroInitResidual?: boolean;
  readonly dropout?: number;
}

const kinds: Kinds<ReviewOptions> = {
  ...kindsOf('cardinality', 'numClasses', 'inChannels', 'residual', 'zeroInitResidual', 'dropout'),
};

/**
 * The ResNeXt-50 32×4d of the review of the ResNeXt paper from which this library grew (docs/paper.md), N×3×H×W →
 * N×1000, with its own parameter names. It differs from the paper's: its first stage strides by 2 as well, and its
 * stem and projections have biases. Two faults of the original are mended: its initialisation set γ = 1 after zeroing
 * it, and it ignored its class count. Throws a `UsageError` for options that it does not have.
 */
export class ReviewResNeXt extends Module {
  static override readonly typeName: string = 'ResNeXt';

  readonly conv1: Sequential;
  readonly conv2_pool: MaxPool2d;
  readonly conv2_blocks: Sequential;
  readonly conv3_blocks: Sequential;
  readonly conv4_blocks: Sequential;
  readonly conv5_blocks: Sequential;
  readonly gap: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly classifier: Linear;

  constructor(options: ReviewOptions = {}) {
    super();
    checkOptions('ReviewResNeXt', options, kinds);
    const { cardinality = 32, numClasses = 1000, inChannels = 3 } = options;
    const { residual = true, zeroInitResidual = true, dropout = 0 } = options;
    this.conv1 = new Sequential(
      new Conv2d(inChannels, 64, 7, { stride: 2, padding: 3 }),
      new BatchNorm2d(64),
      new ReLU({ inplace: true }),
    );
    this.conv2_pool = new MaxPool2d(3, { stride: 2, padding: 1 });
    this.conv2_blocks = stack(64, 128, 3, cardinality, residual);
    this.conv3_blocks = stack(256, 256, 4, cardinality, residual);
    this.conv4_blocks = stack(512, 512, 6, cardinality, residual);
    this.conv5_blocks = stack(1024, 1024, 3, cardinality, residual);
    this.gap = new AdaptiveAvgPool2d([1, 1]);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.classifier = new Linear(2048, numClasses);
    initializeResNet(this, zeroInitResidual && residual);
  }

  forward(x: Value): Value {
    let out = this.conv2_pool(this.conv1(x));
    out = this.conv5_blocks(this.conv4_blocks(this.conv3_blocks(this.conv2_blocks(out))));
    out = F.flatten(this.gap(out));
    if (this.dropout !== undefined) out = this.dropout(out);
    return this.classifier(out);
  }
}

/** `repeats` blocks; the first halves the picture, and projects if there are shortcuts. */
function stack(
  inChannels: number,
  width: number,
  repeats: number,
  cardinality: number,
  residual: boolean,
): Sequential {
  const outChannels = width * ReviewBottleneck.expansion;
  return new Sequential(
    Array.from({ length: repeats }, (_, index) =>
      index === 0
        ? new ReviewBottleneck(inChannels, width, {
            cardinality,
            stride: 2,
            shortcut: residual ? 'projection' : undefined,
          })
        : new ReviewBottleneck(outChannels, width, {
            cardinality,
            stride: 1,
            shortcut: residual ? 'identity' : undefined,
          }),
    ),
  );
}
