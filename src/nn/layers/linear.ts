import { checkOptions, flag } from '../../base/options.ts';
import type { Value } from '../../graph/value.ts';
import { whole } from '../arguments.ts';
import { kaimingUniform, uniform } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/**
 * Fully connected layer, N×F → N×K: y = x·weightᵀ + bias; `weight` K×F and `bias` K drawn uniformly within ±1/√F, as
 * PyTorch does.
 */
export class Linear extends Module {
  static override readonly typeName: string = 'Linear';

  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(inFeatures: number, outFeatures: number, options: { readonly bias?: boolean } = {}) {
    super();
    checkOptions('Linear', options, { bias: flag });
    const { bias = true } = options;
    this.inFeatures = whole('Linear', 'inFeatures', inFeatures, 1);
    this.outFeatures = whole('Linear', 'outFeatures', outFeatures, 1);
    const shape = [outFeatures, inFeatures];
    this.weight = new Parameter(shape, kaimingUniform(shape, { a: Math.sqrt(5) }));
    const bound = 1 / Math.sqrt(inFeatures);
    this.bias = bias ? new Parameter([outFeatures], uniform(-bound, bound)) : undefined;
  }

  forward(x: Value): Value {
    const tracing = currentTracing('Linear');
    const inputs = [x, tracing.parameter(this.weight)];
    if (this.bias !== undefined) inputs.push(tracing.parameter(this.bias));
    return tracing.graph.apply1('linear', inputs, { bias: this.bias !== undefined });
  }
}
