import { CardinalError } from '../../base/errors.ts';
import { checkOptions, numberFrom } from '../../base/options.ts';
import type { Value } from '../../graph/value.ts';
import { whole } from '../arguments.ts';
import { constant } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/**
 * Group normalisation (Wu and He 2018), N×C×H×W → the same: γ·(x − mean)/√(variance + eps) + β with the statistics of each picture's
 * C/`numGroups` channels, all pixels together. It knows nothing of the batch, so small batches train as large ones do.
 */
export class GroupNorm extends Module {
  static override readonly typeName: string = 'GroupNorm';

  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  /** γ and β, C each. */
  readonly weight: Parameter;
  readonly bias: Parameter;

  /** Throws a `CardinalError` unless the groups divide the channels. */
  constructor(numGroups: number, numChannels: number, options: { readonly eps?: number } = {}) {
    super();
    checkOptions('GroupNorm', options, { eps: numberFrom(0) });
    this.numGroups = whole('GroupNorm', 'numGroups', numGroups, 1);
    this.numChannels = whole('GroupNorm', 'numChannels', numChannels, 1);
    if (numChannels % numGroups !== 0) {
      throw new CardinalError(
        `GroupNorm: expected numGroups that divide ${numChannels} channels, got ${numGroups}`,
      );
    }
    this.eps = options.eps ?? 1e-5;
    this.weight = new Parameter([numChannels], constant(1));
    this.bias = new Parameter([numChannels], constant(0));
  }

  forward(x: Value): Value {
    const tracing = currentTracing('GroupNorm');
    const inputs = [x, tracing.parameter(this.weight), tracing.parameter(this.bias)];
    return tracing.graph.apply('group_norm', inputs, { groups: this.numGroups, eps: this.eps })[0];
  }
}
