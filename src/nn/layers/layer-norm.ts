import { CardinalError } from '../../base/errors.ts';
import { checkOptions, numberFrom } from '../../base/options.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import { whole } from '../arguments.ts';
import { constant } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/** Options of layer norms. */
export interface LayerNormOptions {
  /** Added to the variance. Default: PyTorch's 1e-5. */
  readonly eps?: number;
}

/** What both layer norms are: γ and β, C each, and statistics of each row of C numbers. */
abstract class OverChannels extends Module {
  readonly eps: number;
  /** γ and β, C each. */
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(typeName: string, channels: number, options: LayerNormOptions) {
    super();
    checkOptions(typeName, options, { eps: numberFrom(0) });
    this.eps = options.eps ?? 1e-5;
    this.weight = new Parameter([channels], constant(1));
    this.bias = new Parameter([channels], constant(0));
  }

  protected normalised(x: Value): Value {
    const tracing = currentTracing(this.typeName);
    const inputs = [x, tracing.parameter(this.weight), tracing.parameter(this.bias)];
    return tracing.graph.apply('layer_norm', inputs, { eps: this.eps })[0];
  }
}

/**
 * Layer normalisation over the last dimension (Ba, Kiros and Hinton 2016), N×D → the same: γ·(x − mean)/√(variance + eps) + β with the
 * statistics of each row. `LayerNorm2d` is for pictures. Throws a `CardinalError` for N×C×H×W.
 */
export class LayerNorm extends OverChannels {
  static override readonly typeName: string = 'LayerNorm';

  readonly normalizedShape: readonly [number];

  constructor(normalizedShape: number | readonly [number], options: LayerNormOptions = {}) {
    const size = dimension(normalizedShape);
    super('LayerNorm', size, options);
    this.normalizedShape = [size];
  }

  forward(x: Value): Value {
    if (x.shape.length === 4) {
      throw new CardinalError(
        `LayerNorm: expected rows N×D, got ${formatShape(x.shape)}; LayerNorm2d normalises the channels of pictures`,
      );
    }
    return this.normalised(x);
  }
}

/** Layer normalisation over the channels of each pixel, N×C×H×W → the same: timm's `LayerNorm2d`, which ConvNeXt uses with eps 1e-6. */
export class LayerNorm2d extends OverChannels {
  static override readonly typeName: string = 'LayerNorm2d';

  readonly numChannels: number;

  constructor(numChannels: number, options: LayerNormOptions = {}) {
    const channels = whole('LayerNorm2d', 'numChannels', numChannels, 1);
    super('LayerNorm2d', channels, options);
    this.numChannels = channels;
  }

  forward(x: Value): Value {
    if (x.shape.length !== 4) {
      throw new CardinalError(`LayerNorm2d: expected a picture N×C×H×W, got ${formatShape(x.shape)}`);
    }
    return this.normalised(x);
  }
}

/** The one dimension that is normalised; PyTorch's several are no rows of memory here. */
function dimension(shape: number | readonly [number]): number {
  const given: readonly unknown[] = Array.isArray(shape) ? shape : [shape];
  if (given.length !== 1) {
    throw new CardinalError(
      `LayerNorm: expected one dimension, the last, got ${given.join('×')}; GroupNorm with one group normalises a whole picture`,
    );
  }
  return whole('LayerNorm', 'normalizedShape', given[0] as number, 1);
}
