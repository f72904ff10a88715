import { checkOptions, type Kinds } from '../base/options.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  DepthwiseConv2d,
  Dropout,
  Linear,
  MaxPool2d,
  Module,
  PointwiseConv2d,
  ReLU,
  Sequential,
} from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { widthOf } from './narrow.ts';
import { kindsOf } from './options.ts';

/**
 * Xception: Deep Learning with Depthwise Separable Convolutions (Chollet, CVPR 2017, arXiv 1610.02357, Figure 5), with the
 * parameter names of timm's `legacy_xception`, which are those of Cadene's pretrained-models.pytorch but for the head.
 */

/** `nn.SeparableConv2d` 3×3 under the names of published weights. */
class SeparableConv2d extends Module {
  static override readonly typeName: string = 'SeparableConv2d';

  readonly conv1: DepthwiseConv2d;
  readonly pointwise: PointwiseConv2d;

  constructor(inChannels: number, outChannels: number) {
    super();
    this.conv1 = new DepthwiseConv2d(inChannels, 3, { padding: 1, bias: false });
    this.pointwise = new PointwiseConv2d(inChannels, outChannels, { bias: false });
  }

  forward(x: Value): Value {
    return this.pointwise(this.conv1(x));
  }
}

interface BlockOptions {
  /** Channels behind each of the block's separable convolutions. */
  readonly channels: readonly number[];
  readonly stride: number;
  /** Whether its input, which the skip takes as it is, is rectified first. */
  readonly startWithRelu?: boolean;
}

/** Separable convolutions, each behind a ReLU, and a max pool if there is a stride; a projection where the shape changes. */
class Block extends Module {
  static override readonly typeName: string = 'Block';

  readonly skip: Conv2d | undefined;
  readonly skipbn: BatchNorm2d | undefined;
  readonly rep: Sequential;

  constructor(inChannels: number, { channels, stride, startWithRelu = true }: BlockOptions) {
    super();
    const outChannels = channels[channels.length - 1];
    if (outChannels !== inChannels || stride !== 1) {
      this.skip = new PointwiseConv2d(inChannels, outChannels, { stride, bias: false });
      this.skipbn = new BatchNorm2d(outChannels);
    }
    const layers = channels.flatMap((wanted, index) => [
      ...(index > 0 || startWithRelu ? [new ReLU({ inplace: index > 0 })] : []),
      new SeparableConv2d(index === 0 ? inChannels : channels[index - 1], wanted),
      new BatchNorm2d(wanted),
    ]);
    const pool = stride === 1 ? [] : [new MaxPool2d(3, { stride, padding: 1 })];
    this.rep = new Sequential([...layers, ...pool]);
  }

  forward(x: Value): Value {
    const shortcut = this.skip === undefined ? x : (this.skipbn?.(this.skip(x)) ?? x);
    return F.add(this.rep(x), shortcut);
  }
}

/** Options of `Xception`. */
export interface XceptionOptions {
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Every number of channels is so many times the paper's. */
  readonly widthMultiplier?: number;
  /** Probability of dropping a feature before the classifier; the paper trained with 0.5 on ImageNet. */
  readonly dropout?: number;
}

const kinds: Kinds<XceptionOptions> = {
  ...kindsOf('numClasses', 'inChannels', 'widthMultiplier', 'dropout'),
};

/** N×3×H×W → N×1000. */
export class Xception extends Module {
  static override readonly typeName: string = 'Xception';

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly act1: ReLU;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly act2: ReLU;
  readonly block1: Block;
  readonly block2: Block;
  readonly block3: Block;
  readonly block4: Block;
  readonly block5: Block;
  readonly block6: Block;
  readonly block7: Block;
  readonly block8: Block;
  readonly block9: Block;
  readonly block10: Block;
  readonly block11: Block;
  readonly block12: Block;
  readonly conv3: SeparableConv2d;
  readonly bn3: BatchNorm2d;
  readonly act3: ReLU;
  readonly conv4: SeparableConv2d;
  readonly bn4: BatchNorm2d;
  readonly act4: ReLU;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly dropout: Dropout | undefined;
  readonly fc: Linear;

  constructor(options: XceptionOptions = {}) {
    super();
    checkOptions('Xception', options, kinds);
    const { numClasses = 1000, inChannels = 3, widthMultiplier = 1, dropout = 0 } = options;
    const wide = widthOf(widthMultiplier);
    const [c32, c64, c128, c256, c728, c1024] = [32, 64, 128, 256, 728, 1024].map(wide);
    const [c1536, c2048] = [1536, 2048].map(wide);
    const middle = () => new Block(c728, { channels: [c728, c728, c728], stride: 1 });

    this.conv1 = new Conv2d(inChannels, c32, 3, { stride: 2, bias: false });
    this.bn1 = new BatchNorm2d(c32);
    this.act1 = new ReLU({ inplace: true });
    this.conv2 = new Conv2d(c32, c64, 3, { bias: false });
    this.bn2 = new BatchNorm2d(c64);
    this.act2 = new ReLU({ inplace: true });
    // Entry flow.
    this.block1 = new Block(c64, { channels: [c128, c128], stride: 2, startWithRelu: false });
    this.block2 = new Block(c128, { channels: [c256, c256], stride: 2 });
    this.block3 = new Block(c256, { channels: [c728, c728], stride: 2 });
    // Middle flow.
    this.block4 = middle();
    this.block5 = middle();
    this.block6 = middle();
    this.block7 = middle();
    this.block8 = middle();
    this.block9 = middle();
    this.block10 = middle();
    this.block11 = middle();
    // Exit flow.
    this.block12 = new Block(c728, { channels: [c728, c1024], stride: 2 });
    this.conv3 = new SeparableConv2d(c1024, c1536);
    this.bn3 = new BatchNorm2d(c1536);
    this.act3 = new ReLU({ inplace: true });
    this.conv4 = new SeparableConv2d(c1536, c2048);
    this.bn4 = new BatchNorm2d(c2048);
    this.act4 = new ReLU({ inplace: true });
    this.global_pool = new AdaptiveAvgPool2d(1);
    this.dropout = dropout > 0 ? new Dropout(dropout) : undefined;
    this.fc = new Linear(c2048, numClasses);

    for (const module of this.modules()) {
      if (module instanceof Conv2d)
        init.kaimingNormal_(module.weight, { mode: 'fan_out', nonlinearity: 'relu' });
    }
  }

  forward(x: Value): Value {
    let out = this.act1(this.bn1(this.conv1(x)));
    out = this.act2(this.bn2(this.conv2(out)));
    out = this.block3(this.block2(this.block1(out)));
    out = this.block7(this.block6(this.block5(this.block4(out))));
    out = this.block11(this.block10(this.block9(this.block8(out))));
    out = this.block12(out);
    out = this.act3(this.bn3(this.conv3(out)));
    out = this.act4(this.bn4(this.conv4(out)));
    out = F.flatten(this.global_pool(out));
    if (this.dropout !== undefined) out = this.dropout(out);
    return this.fc(out);
  }
}
