import type { Value } from '../../graph/value.ts';
import { Conv2d, DepthwiseConv2d, PointwiseConv2d } from '../../nn/index.ts';
import { currentTracing } from '../../nn/tracing.ts';

/**
 * How a convolution keeps the size of a picture, but for its stride: with as many zeros on both sides, as PyTorch's networks
 * do, or as TensorFlow's SAME, whose zeros depend on the picture's size, and of which one more comes behind than before
 * where their number is odd.
 */
export type Padding = 'symmetric' | 'same';

interface Geometry {
  readonly stride?: number;
  readonly padding?: Padding | undefined;
}

/** K×K without bias. */
export function conv(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  { stride = 1, padding = 'symmetric' }: Geometry = {},
): Conv2d {
  if (kernelSize === 1) return new PointwiseConv2d(inChannels, outChannels, { stride, bias: false });
  return padding === 'same' && stride > 1
    ? new Conv2dSame(inChannels, outChannels, kernelSize, stride)
    : new Conv2d(inChannels, outChannels, kernelSize, { stride, padding: (kernelSize - 1) / 2, bias: false });
}

/** K×K without bias, each channel by itself. */
export function depthwise(
  channels: number,
  kernelSize: number,
  { stride = 1, padding = 'symmetric' }: Geometry = {},
): Conv2d {
  return padding === 'same' && stride > 1
    ? new Conv2dSame(channels, channels, kernelSize, stride, channels)
    : new DepthwiseConv2d(channels, kernelSize, { stride, padding: (kernelSize - 1) / 2, bias: false });
}

/** A strided convolution padded as by TensorFlow: ⌈size/stride⌉ windows, of which the last may end behind the picture. */
class Conv2dSame extends Conv2d {
  static override readonly typeName: string = 'Conv2dSame';

  readonly #stride: number;

  constructor(inChannels: number, outChannels: number, kernelSize: number, stride: number, groups = 1) {
    super(inChannels, outChannels, kernelSize, { stride, groups, bias: false });
    this.#stride = stride;
  }

  override forward(x: Value): Value {
    const [, , height, width] = x.shape;
    const padding = [...this.#edges(height), ...this.#edges(width)] as const;
    if (padding.every((edge) => edge === 0)) return super.forward(x);
    const { graph } = currentTracing('Conv2dSame');
    return super.forward(graph.apply1('pad2d', [x], { padding }));
  }

  #edges(size: number): readonly [before: number, behind: number] {
    const covered = (Math.ceil(size / this.#stride) - 1) * this.#stride + this.kernelSize[0];
    const missing = Math.max(0, covered - size);
    return [missing >> 1, missing - (missing >> 1)];
  }
}
