import { CardinalError } from '../../base/errors.ts';
import { checkOptions, finite } from '../../base/options.ts';
import { f32 } from '../../base/tensor-data.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { whole } from '../arguments.ts';
import { ModuleBuffer } from '../buffer.ts';
import { constant } from '../init.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { currentTracing } from '../tracing.ts';

/** Options of `BatchNorm2d`, with PyTorch's defaults. */
export interface BatchNorm2dOptions {
  readonly eps?: number;
  /** Weight of the newest batch in the running statistics. */
  readonly momentum?: number;
}

/**
 * Batch normalisation over N, H and W of each channel (Ioffe and Szegedy 2015), N×C×H×W → the same. In training the
 * batch's statistics normalise and the running ones are updated; otherwise the running ones normalise.
 *
 * With `weight` and `bias` both frozen it stays in evaluation mode while the network trains: the running statistics
 * normalise, and neither they nor `num_batches_tracked` change. PyTorch needs `eval()` for that beside `requires_grad`;
 * this is timm's `freeze` (timm/utils/model.py) and torchvision's `FrozenBatchNorm2d`.
 */
export class BatchNorm2d extends Module {
  static override readonly typeName: string = 'BatchNorm2d';

  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  /** γ and β, C each. */
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly running_mean: ModuleBuffer;
  readonly running_var: ModuleBuffer;
  readonly num_batches_tracked: ModuleBuffer;

  constructor(numFeatures: number, options: BatchNorm2dOptions = {}) {
    super();
    checkOptions('BatchNorm2d', options, { eps: finite, momentum: finite });
    const { eps = 1e-5, momentum = 0.1 } = options;
    this.numFeatures = whole('BatchNorm2d', 'numFeatures', numFeatures, 1);
    if (!(eps > 0)) throw new CardinalError(`BatchNorm2d: expected eps above 0, got ${eps}`);
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new CardinalError(`BatchNorm2d: expected momentum between 0 and 1, got ${momentum}`);
    }
    this.eps = eps;
    this.momentum = momentum;
    this.weight = new Parameter([numFeatures], constant(1));
    this.bias = new Parameter([numFeatures], constant(0));
    this.running_mean = filled(numFeatures, 0);
    this.running_var = filled(numFeatures, 1);
    this.num_batches_tracked = new ModuleBuffer(() => ({
      dtype: 'I64',
      shape: [],
      data: new BigInt64Array(1),
    }));
  }

  /** Whether it normalises with the running statistics in training, too. */
  get frozen(): boolean {
    return !this.weight.requiresGrad && !this.bias.requiresGrad;
  }

  forward(x: Value): Value {
    const tracing = currentTracing('BatchNorm2d');
    const { graph, training } = tracing;
    const { eps, momentum } = this;
    const inputs = [
      x,
      tracing.parameter(this.weight),
      tracing.parameter(this.bias),
      tracing.buffer(this.running_mean, [this.numFeatures]),
      tracing.buffer(this.running_var, [this.numFeatures]),
    ];
    const [y] = recordBatchNorm(graph, inputs, { eps, momentum, training: training && !this.frozen });
    return y;
  }
}

/** Records a norm of x with its weight, bias, and running mean and variance; its first output is the result. */
export function recordBatchNorm(
  graph: Graph,
  inputs: readonly Value[],
  { eps, momentum, training }: Required<BatchNorm2dOptions> & { readonly training: boolean },
): readonly Value[] {
  return training
    ? graph.apply('batch_norm', inputs, { eps, momentum, activation: 'none', residual: false })
    : graph.apply('batch_norm_inference', inputs, { eps, activation: 'none', residual: false });
}

function filled(size: number, value: number): ModuleBuffer {
  return new ModuleBuffer(() => f32([size], new Float32Array(size).fill(value)));
}
