import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Module, Parameter } from '../../nn/index.ts';
import * as init from '../../nn/init.ts';
import { currentTracing } from '../../nn/tracing.ts';
import { channelMeans } from './channel-means.ts';

/** A 1-d convolution of one channel, without bias and as long as its input, along the last axis of N×1×1×C. `weight` is 1×1×K. */
class AlongChannels extends Module {
  static override readonly typeName: string = 'Conv1d';

  readonly weight: Parameter;
  readonly #kernelSize: number;

  constructor(kernelSize: number) {
    super();
    this.#kernelSize = kernelSize;
    const shape = [1, 1, kernelSize];
    this.weight = new Parameter(shape, init.kaimingUniform(shape, { a: Math.sqrt(5) }));
  }

  forward(x: Value): Value {
    const tracing = currentTracing('Conv1d');
    const size = this.#kernelSize;
    const weight = F.reshape(tracing.parameter(this.weight), [1, 1, 1, size]);
    return tracing.graph.apply1('conv2d', [x, weight], {
      stride: [1, 1],
      padding: [0, (size - 1) / 2],
      dilation: [1, 1],
      groups: 1,
      bias: false,
      activation: 'none',
      residual: false,
    });
  }
}

/**
 * Efficient channel attention (Wang et al., CVPR 2020, arXiv 1910.03151): each channel is multiplied by a number in (0, 1), which a
 * convolution along the channels makes of the means of its neighbours. N×C×H×W → the same.
 */
export class EfficientChannelAttention extends Module {
  static override readonly typeName: string = 'EfficientChannelAttention';

  readonly conv: AlongChannels;

  constructor(channels: number) {
    super();
    this.conv = new AlongChannels(neighbours(channels));
  }

  forward(x: Value): Value {
    const [n, c] = x.shape;
    const means = F.reshape(channelMeans(x), [n, 1, 1, c]);
    const gates = F.sigmoid(this.conv(means));
    return F.mul(x, F.reshape(gates, [n, c, 1, 1]));
  }
}

/** The paper's adaptive size (formula 12, γ = 2, b = 1): the odd number next to log₂(C)/2 + 1/2; at least 3, as in timm. */
function neighbours(channels: number): number {
  const size = Math.floor((Math.log2(channels) + 1) / 2);
  return Math.max(size % 2 === 1 ? size : size + 1, 3);
}
