import { CardinalError } from '../../base/errors.ts';
import { anything, checkOptions, flag, wholeFrom, type Kinds } from '../../base/options.ts';
import type { Conv2dAttrs, Pair } from '../../graph/op-table.ts';
import type { Value } from '../../graph/value.ts';
import { pair, whole, type Size } from '../arguments.ts';
import { kaimingUniform, uniform } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/** Options of `Conv2d`, with PyTorch's defaults. */
export interface Conv2dOptions {
  readonly stride?: Size;
  /**
   * Zeros around the picture. 'same' keeps its size, at stride 1: with an even kernel one more zero below and to the right than before,
   * as in PyTorch. 'valid' is none.
   */
  readonly padding?: Size | 'same' | 'valid';
  readonly dilation?: Size;
  /** G, the paper's cardinality: output channels of a group see only the C/G input channels of that group. */
  readonly groups?: number;
  readonly bias?: boolean;
}

const kinds: Kinds<Conv2dOptions> = {
  stride: anything,
  padding: anything,
  dilation: anything,
  groups: wholeFrom(1),
  bias: flag,
};

/**
 * Grouped 2-d convolution, N×C×H×W → N×K×P×Q, P = ⌊(H + 2·padding − dilation·(R−1) − 1)/stride⌋ + 1, and Q likewise.
 * `weight` is K×(C/G)×R×S, `bias` K, both drawn as PyTorch does: uniform within ±1/√fan_in, fan_in = (C/G)·R·S.
 */
export class Conv2d extends Module {
  static override readonly typeName: string = 'Conv2d';

  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly groups: number;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly #geometry: Conv2dAttrs;
  /** What 'same' pads below and to the right beyond the geometry's own. */
  readonly #beyond: Pair;

  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: Conv2dOptions = {}) {
    super();
    checkOptions('Conv2d', options, kinds);
    const { groups = 1, bias = true } = options;
    this.inChannels = whole('Conv2d', 'inChannels', inChannels, 1);
    this.outChannels = whole('Conv2d', 'outChannels', outChannels, 1);
    this.kernelSize = pair('Conv2d', 'kernelSize', kernelSize, 1);
    this.groups = groups;
    checkGroups(groups, inChannels, outChannels);
    const stride = pair('Conv2d', 'stride', options.stride ?? 1, 1);
    const dilation = pair('Conv2d', 'dilation', options.dilation ?? 1, 1);
    const { padding, beyond } = paddingOf(options.padding ?? 0, this.kernelSize, stride, dilation);
    this.#geometry = { stride, padding, dilation, groups };
    this.#beyond = beyond;

    const fanIn = (inChannels / groups) * this.kernelSize[0] * this.kernelSize[1];
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    this.weight = new Parameter(shape, kaimingUniform(shape, { a: Math.sqrt(5) }));
    const bound = 1 / Math.sqrt(fanIn);
    this.bias = bias ? new Parameter([outChannels], uniform(-bound, bound)) : undefined;
  }

  forward(x: Value): Value {
    const tracing = currentTracing('Conv2d');
    const [bottom, right] = this.#beyond;
    const padded =
      bottom + right > 0 ? tracing.graph.apply1('pad2d', [x], { padding: [0, bottom, 0, right] }) : x;
    const inputs = [padded, tracing.parameter(this.weight)];
    if (this.bias !== undefined) inputs.push(tracing.parameter(this.bias));
    return tracing.graph.apply1('conv2d', inputs, {
      ...this.#geometry,
      bias: this.bias !== undefined,
      residual: false,
      activation: 'none',
    });
  }
}

function checkGroups(groups: number, inChannels: number, outChannels: number): void {
  if (Number.isInteger(groups) && groups >= 1 && inChannels % groups === 0 && outChannels % groups === 0)
    return;
  const possible = commonDivisors(inChannels, outChannels)
    .sort((a, b) => Math.abs(a - groups) - Math.abs(b - groups))
    .slice(0, 2)
    .sort((a, b) => a - b);
  throw new CardinalError(
    `Conv2d: expected groups (the cardinality) to divide ${inChannels} input and ${outChannels} output channels, got ${groups}; the nearest that does: ${possible.join(' or ')}`,
  );
}

function commonDivisors(a: number, b: number): number[] {
  return Array.from({ length: Math.min(a, b) }, (_, i) => i + 1).filter((d) => a % d === 0 && b % d === 0);
}

/** The zeros on all sides, and those that come below and to the right besides. */
function paddingOf(
  padding: Size | 'same' | 'valid',
  kernelSize: Pair,
  stride: Pair,
  dilation: Pair,
): { readonly padding: Pair; readonly beyond: Pair } {
  if (padding === 'valid') return { padding: [0, 0], beyond: [0, 0] };
  if (padding !== 'same') return { padding: pair('Conv2d', 'padding', padding, 0), beyond: [0, 0] };
  if (stride.some((step) => step !== 1)) {
    throw new CardinalError(
      `Conv2d: padding 'same' needs stride 1, got ${stride.join('×')}; give the padding as a number`,
    );
  }
  const [vertical, horizontal] = kernelSize.map((size, axis) => dilation[axis] * (size - 1));
  return {
    padding: [vertical >> 1, horizontal >> 1],
    beyond: [vertical & 1, horizontal & 1],
  };
}
