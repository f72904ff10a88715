import { UsageError } from '../../base/errors.ts';
import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Conv2d, Module } from '../../nn/index.ts';
import { activationOf } from './activation.ts';
import { ConvNormAct } from './conv-norm-act.ts';
import { FeatureDropout } from './feature-dropout.ts';

/** A picture is so many blocks high and wide. */
const blocks = 8;

/** Groups of channels, each of which attends by itself. */
const groups = 2;

/** Share of feature maps that training drops behind the attention. */
const dropped = 0.2;

function convNormReLU(inChannels: number, outChannels: number): ConvNormAct {
  return new ConvNormAct(inChannels, outChannels, { activation: activationOf('relu') });
}

/**
 * P·x·Q for the channels of each group, N×C×H×W → the same: the rows of P and the columns of Q are shares, which say what every block of
 * rows and of columns of the picture becomes a mean of. Both are made of the largest values along either direction.
 */
class BilinearTransform extends Module {
  static override readonly typeName: string = 'BilinearAttnTransform';

  readonly conv1: ConvNormAct;
  readonly conv_p: Conv2d;
  readonly conv_q: Conv2d;
  readonly conv2: ConvNormAct;

  constructor(channels: number) {
    super();
    const entries = blocks * blocks * groups;
    this.conv1 = convNormReLU(channels, groups);
    this.conv_p = new Conv2d(groups, entries, [blocks, 1]);
    this.conv_q = new Conv2d(groups, entries, [1, blocks]);
    this.conv2 = convNormReLU(channels, channels);
  }

  forward(x: Value): Value {
    const [n, c, h, w] = x.shape;
    if (h % blocks > 0 || w % blocks > 0) {
      throw new UsageError(
        `bilinear attention: expected height and width to be multiples of ${blocks}, got ${h}×${w}, what strides left of the picture: four stages behind ImageNet's stem want a multiple of ${32 * blocks} pixels`,
      );
    }
    const map = this.conv1(x);
    const p = shares(this.conv_p(F.adaptiveMaxPool2d(map, [blocks, 1])), 3);
    const q = shares(this.conv_q(F.adaptiveMaxPool2d(map, [1, blocks])), 2);
    const [inGroup, rows, columns] = [c / groups, h / blocks, w / blocks];
    // P and Q mean blocks: row r of a block becomes a mean of the rows r of all. With the blocks' axis in front each is one product for all
    // channels of a group, and neither is ever repeated to the picture's size.
    const byRow = F.permute(F.reshape(x, [n, groups, inGroup, blocks, rows * w]), [0, 1, 3, 2, 4]);
    const left = F.matmul(p, F.reshape(byRow, [n, groups, blocks, inGroup * rows * w]));
    const byColumn = F.permute(
      F.reshape(left, [n, groups, blocks * inGroup * rows, blocks, columns]),
      [0, 1, 3, 2, 4],
    );
    const mixed = F.reshape(byColumn, [n, groups, blocks, blocks * inGroup * rows * columns]);
    const right = F.matmul(F.transpose(q, 2, 3), mixed);
    const parts = F.reshape(right, [n, groups, blocks, blocks, inGroup, rows, columns]);
    return this.conv2(F.reshape(F.permute(parts, [0, 1, 4, 3, 5, 2, 6]), [n, c, h, w]));
  }
}

/** N×(G·B·B)×1×1 → N×G×B×B of numbers above 0 that add up to 1 along `dim`. */
function shares(x: Value, dim: number): Value {
  const gates = F.sigmoid(F.reshape(x, [x.shape[0], groups, blocks, blocks]));
  return F.div(gates, F.sum(gates, dim, { keepdim: true }));
}

/**
 * Non-local attention by grouped bilinear attentional transforms (Chi et al., CVPR 2020): a residual of few channels, whose rows and columns
 * are mixed by what the picture itself says. N×C×H×W → the same; H and W are multiples of 8. timm's module of `bat_resnext26ts`.
 */
export class BilinearAttention extends Module {
  static override readonly typeName: string = 'BatNonLocalAttn';

  readonly conv1: ConvNormAct;
  readonly ba: BilinearTransform;
  readonly conv2: ConvNormAct;
  readonly dropout: FeatureDropout;

  constructor(channels: number, reducedChannels: number) {
    super();
    this.conv1 = convNormReLU(channels, reducedChannels);
    this.ba = new BilinearTransform(reducedChannels);
    this.conv2 = convNormReLU(reducedChannels, channels);
    this.dropout = new FeatureDropout(dropped);
  }

  forward(x: Value): Value {
    return F.add(this.dropout(this.conv2(this.ba(this.conv1(x)))), x);
  }
}
