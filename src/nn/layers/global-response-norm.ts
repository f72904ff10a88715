import { checkOptions, numberFrom } from '../../base/options.ts';
import type { Value } from '../../graph/value.ts';
import { whole } from '../arguments.ts';
import { constant } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/**
 * Global response normalisation (Woo et al. 2023, ConvNeXt V2), N×C×H×W → the same: x + γ·n·x + β, n the Euclidean norm of each channel
 * over a picture's pixels, divided by its mean over channels plus eps. γ and β begin at 0, where it is the identity, as in timm.
 */
export class GlobalResponseNorm extends Module {
  static override readonly typeName: string = 'GlobalResponseNorm';

  readonly numChannels: number;
  readonly eps: number;
  /** γ and β, C each. */
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(numChannels: number, options: { readonly eps?: number } = {}) {
    super();
    checkOptions('GlobalResponseNorm', options, { eps: numberFrom(0) });
    this.numChannels = whole('GlobalResponseNorm', 'numChannels', numChannels, 1);
    this.eps = options.eps ?? 1e-6;
    this.weight = new Parameter([numChannels], constant(0));
    this.bias = new Parameter([numChannels], constant(0));
  }

  forward(x: Value): Value {
    const tracing = currentTracing('GlobalResponseNorm');
    const inputs = [x, tracing.parameter(this.weight), tracing.parameter(this.bias)];
    return tracing.graph.apply('global_response_norm', inputs, { eps: this.eps })[0];
  }
}
