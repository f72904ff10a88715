import { CardinalError } from '../../base/errors.ts';
import { anything, checkOptions, flag, wholeFrom, type Kinds } from '../../base/options.ts';
import type { ConvTransposeOps } from '../../graph/ops/conv-transpose.ts';
import type { Pair } from '../../graph/op-table.ts';
import type { Value } from '../../graph/value.ts';
import { pair, whole, type Size } from '../arguments.ts';
import { kaimingUniform, uniform } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/** Options of `ConvTranspose2d`, with PyTorch's defaults. */
export interface ConvTranspose2dOptions {
  readonly stride?: Size;
  /** Pixels cut off on all sides. */
  readonly padding?: Size;
  /** Pixels below and to the right beyond what the rest gives; less than the larger of stride and dilation. */
  readonly outputPadding?: Size;
  /** G, the paper's cardinality. */
  readonly groups?: number;
  readonly bias?: boolean;
  readonly dilation?: Size;
}

const kinds: Kinds<ConvTranspose2dOptions> = {
  stride: anything,
  padding: anything,
  outputPadding: anything,
  groups: wholeFrom(1),
  bias: flag,
  dilation: anything,
};

/**
 * Transposed convolution, N×C×H×W → N×K×P×Q, P = (H − 1)·stride − 2·padding + dilation·(R − 1) + outputPadding + 1: what decoders make
 * pictures larger with. `weight` is C×(K/G)×R×S, `bias` K, drawn as PyTorch does: within ±1/√fan_in, fan_in = (K/G)·R·S.
 */
export class ConvTranspose2d extends Module {
  static override readonly typeName: string = 'ConvTranspose2d';

  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly groups: number;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly #geometry: ConvTransposeOps['conv_transpose2d'];

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options: ConvTranspose2dOptions = {},
  ) {
    super();
    checkOptions('ConvTranspose2d', options, kinds);
    const { groups = 1, bias = true } = options;
    this.inChannels = whole('ConvTranspose2d', 'inChannels', inChannels, 1);
    this.outChannels = whole('ConvTranspose2d', 'outChannels', outChannels, 1);
    this.kernelSize = pair('ConvTranspose2d', 'kernelSize', kernelSize, 1);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new CardinalError(
        `ConvTranspose2d: expected groups (the cardinality) to divide ${inChannels} input and ${outChannels} output channels, got ${groups}`,
      );
    }
    this.groups = groups;
    this.#geometry = {
      stride: pair('ConvTranspose2d', 'stride', options.stride ?? 1, 1),
      padding: pair('ConvTranspose2d', 'padding', options.padding ?? 0, 0),
      outputPadding: pair('ConvTranspose2d', 'outputPadding', options.outputPadding ?? 0, 0),
      dilation: pair('ConvTranspose2d', 'dilation', options.dilation ?? 1, 1),
      groups,
    };
    const shape = [inChannels, outChannels / groups, ...this.kernelSize];
    this.weight = new Parameter(shape, kaimingUniform(shape, { a: Math.sqrt(5) }));
    const bound = 1 / Math.sqrt((outChannels / groups) * this.kernelSize[0] * this.kernelSize[1]);
    this.bias = bias ? new Parameter([outChannels], uniform(-bound, bound)) : undefined;
  }

  forward(x: Value): Value {
    const tracing = currentTracing('ConvTranspose2d');
    const { graph } = tracing;
    const y = graph.apply1('conv_transpose2d', [x, tracing.parameter(this.weight)], this.#geometry);
    if (this.bias === undefined) return y;
    const bias = graph.apply1('reshape', [tracing.parameter(this.bias)], {
      size: [1, this.outChannels, 1, 1],
    });
    return graph.apply1('add_broadcast', [y, bias], {});
  }
}
