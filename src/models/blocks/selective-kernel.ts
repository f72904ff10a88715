import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { BatchNorm2d, Conv2d, Module, ModuleList, ReLU } from '../../nn/index.ts';
import { channelMeans } from './channel-means.ts';
import { ConvNormAct, type ConvNormActOptions } from './conv-norm-act.ts';
import { makeDivisible } from './divisible.ts';
import { splitChannels } from './split-channels.ts';

/** A 3×3, and a 5×5 that is a 3×3 with dilation 2. */
const dilations = [1, 2];

/** Weighs two paths against each other, channel by channel: the means of their sum, N×C×1×1 → N×2C×1×1, before the softmax. */
class SelectiveKernelAttention extends Module {
  static override readonly typeName: string = 'SelectiveKernelAttn';

  readonly fc_reduce: Conv2d;
  readonly bn: BatchNorm2d;
  readonly act: ReLU;
  readonly fc_select: Conv2d;

  constructor(channels: number, reducedChannels: number) {
    super();
    this.fc_reduce = new Conv2d(channels, reducedChannels, 1, { bias: false });
    this.bn = new BatchNorm2d(reducedChannels);
    this.act = new ReLU({ inplace: true });
    this.fc_select = new Conv2d(reducedChannels, dilations.length * channels, 1, { bias: false });
  }

  forward(means: Value): Value {
    return this.fc_select(this.act(this.bn(this.fc_reduce(means))));
  }
}

/** Options of `SelectiveKernel`. */
export interface SelectiveKernelOptions extends Pick<
  ConvNormActOptions,
  'stride' | 'groups' | 'activation' | 'antialias'
> {
  readonly reduction: number;
  /** The multiple to which channels inside the attention are rounded, and their least number. */
  readonly divisor: number;
  /** Each path sees its share of the input's channels instead of all, which keeps ungrouped convolutions small: timm's. */
  readonly splitInput: boolean;
}

/**
 * Selective kernels (Li et al., CVPR 2019, arXiv 1903.06586): paths of different kernels, whose outputs are weighed against each
 * other by a softmax over the paths, made of the means of their sum. N×C×H×W → N×K×(H/stride)×(W/stride).
 */
export class SelectiveKernel extends Module {
  static override readonly typeName: string = 'SelectiveKernel';

  readonly paths: ModuleList;
  readonly attn: SelectiveKernelAttention;
  readonly #splitInput: boolean;

  constructor(inChannels: number, outChannels: number, options: SelectiveKernelOptions) {
    super();
    const { reduction, divisor, splitInput, ...layers } = options;
    this.#splitInput = splitInput;
    const seen = splitInput ? inChannels / dilations.length : inChannels;
    this.paths = new ModuleList(
      dilations.map((dilation) => new ConvNormAct(seen, outChannels, { kernelSize: 3, dilation, ...layers })),
    );
    this.attn = new SelectiveKernelAttention(outChannels, makeDivisible(outChannels / reduction, divisor));
  }

  forward(x: Value): Value {
    const paths = this.paths.children();
    const inputs = this.#splitInput ? splitChannels(x, paths.length) : paths.map(() => x);
    const [small, large] = paths.map((path, index) => path(inputs[index]));
    const [a, b] = splitChannels(this.attn(channelMeans(F.add(small, large))), paths.length);
    // The softmax over two.
    const [ofSmall, ofLarge] = [F.sigmoid(F.sub(a, b)), F.sigmoid(F.sub(b, a))];
    return F.add(F.mul(small, ofSmall), F.mul(large, ofLarge));
  }
}
