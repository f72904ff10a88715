import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Conv2d, Module, ReLU, Sigmoid } from '../../nn/index.ts';
import { channelMeans } from './channel-means.ts';
import { makeDivisible } from './divisible.ts';

/** Options of `SqueezeExcite`. */
export interface SqueezeExciteOptions {
  /** Channels between its two convolutions. Default: a sixteenth, rounded to a multiple of 8. */
  readonly reducedChannels?: number;
  /**
   * What its convolutions are called: `fc1` and `fc2` in timm's ResNets, the default, `conv_reduce` and `conv_expand` in its
   * EfficientNets.
   */
  readonly names?: readonly [reduce: string, expand: string];
  /** Makes the activation between them. Default: ReLU. */
  readonly activation?: () => Module;
  /** Makes what turns numbers into weights of channels. Default: sigmoid. */
  readonly gate?: () => Module;
}

/**
 * Squeeze-and-excitation (Hu et al., CVPR 2018, arXiv 1709.01507): each channel is multiplied by a number in (0, 1), which a
 * bottleneck of two 1×1 convolutions makes of the means of all channels. N×C×H×W → the same.
 */
export class SqueezeExcite extends Module {
  static override readonly typeName: string = 'SqueezeExcite';

  readonly #names: readonly [reduce: string, expand: string];
  readonly #reduce: Conv2d;
  readonly #activation: Module;
  readonly #expand: Conv2d;
  readonly #gate: Module;

  constructor(channels: number, options: SqueezeExciteOptions = {}) {
    super();
    const { reducedChannels = makeDivisible(channels / 16, 8, { atLeastShare: 0 }) } = options;
    const { names = ['fc1', 'fc2'], activation = () => new ReLU({ inplace: true }) } = options;
    const { gate = () => new Sigmoid() } = options;
    this.#names = names;
    this.#reduce = new Conv2d(channels, reducedChannels, 1);
    this.#activation = activation();
    this.#expand = new Conv2d(reducedChannels, channels, 1);
    this.#gate = gate();
  }

  override namedChildren(): [string, Module][] {
    const [reduce, expand] = this.#names;
    return [
      [reduce, this.#reduce],
      ['act', this.#activation],
      [expand, this.#expand],
      ['gate', this.#gate],
    ];
  }

  forward(x: Value): Value {
    const squeezed = channelMeans(x);
    const excited = this.#expand(this.#activation(this.#reduce(squeezed)));
    return F.mul(x, this.#gate(excited));
  }
}
