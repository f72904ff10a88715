import { CardinalError } from '../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape, Value } from '../graph/value.ts';
import { hyperSizeOf, recordOther, type OtherOptimizerKind } from './record-other-update.ts';

export type OptimizerKind =
  | { readonly kind: 'sgd'; readonly momentum: boolean; readonly nesterov: boolean }
  | { readonly kind: 'adamw' }
  | OtherOptimizerKind;

/** What of a training plan's options is about its update. */
export interface UpdateOptions {
  readonly optimizer: OptimizerKind;
  /** Whether weight decay applies to a parameter. Default: to all. */
  readonly decays?: (parameter: string, shape: Shape) => boolean;
  /**
   * What a parameter's learning rate is multiplied by. Parameters of the same factor share the numbers of a step: `hyper` where it
   * is 1, `hyper@0.1` where it is 0.1. Default: 1 for all.
   */
  readonly rateOf?: (parameter: string) => number;
  /**
   * Steps of the run that were done when a parameter began to be trained: its optimiser counts from there, as PyTorch's does, which
   * begins with a parameter's first gradient. Those of one number share a `hyper`: `hyper@1@120`. Default: 0 for all.
   */
  readonly sinceOf?: ((parameter: string) => number) | undefined;
  /** Clip gradients by their joint L2 norm: reads `max_norm`, writes `gradient_norm`. Default false. */
  readonly clip?: boolean;
  /** Keep a moving average of parameters and running statistics in `ema.*`. Default false. */
  readonly ema?: boolean;
}

/** Records the sums of gradients over micro-batches; gives them by parameter. */
export function recordAccumulation(graph: Graph, gradients: ReadonlyMap<Value, Value>): Map<Value, Value> {
  const scale = graph.input('accumulate_scale', [1]);
  const accumulators = new Map<Value, Value>();
  for (const [parameter, gradient] of gradients) {
    const accumulator = bufferBeside(graph, 'accumulator', parameter);
    graph.apply('accumulate', [accumulator, gradient, scale], {});
    accumulators.set(parameter, accumulator);
  }
  return accumulators;
}

/** Records clipping, the optimiser and the moving average; gives the values the host may read. */
export function recordUpdate(
  graph: Graph,
  gradients: ReadonlyMap<Value, Value>,
  statistics: readonly Value[],
  {
    optimizer,
    decays = () => true,
    rateOf = () => 1,
    sinceOf = () => 0,
    clip = false,
    ema = false,
  }: UpdateOptions,
): readonly Value[] {
  const norm = clip
    ? graph.apply('gradient_norm', [...gradients.values(), graph.input('max_norm', [1])], {}, [
        'gradient_norm',
        'clip_coefficient',
      ])
    : [];
  const coefficient = clip ? [norm[1]] : [];
  const hypers = new Map<string, Value>();
  const hyperAt = (input: string): Value => {
    const made = hypers.get(input) ?? graph.input(input, [hyperSize(optimizer)]);
    hypers.set(input, made);
    return made;
  };
  for (const [parameter, gradient] of gradients) {
    const { name, shape } = parameter;
    const hyper = hyperAt(hyperName(rateOf(name), sinceOf(name)));
    const keep = (what: string) => bufferBeside(graph, what, parameter);
    const decay = decays(name, shape);
    if (optimizer.kind === 'sgd') {
      const { momentum, nesterov } = optimizer;
      const velocity = momentum ? [keep('velocity')] : [];
      graph.apply('sgd', [parameter, gradient, ...velocity, hyper, ...coefficient], {
        momentum,
        nesterov,
        decay,
        clip,
      });
    } else if (optimizer.kind === 'adamw') {
      const moments = [keep('exp_avg'), keep('exp_avg_sq')];
      graph.apply('adamw', [parameter, gradient, ...moments, hyper, ...coefficient], { decay, clip });
    } else recordOther(graph, optimizer, { parameter, gradient, hyper, coefficient, keep, decay });
  }
  if (ema) {
    const decay = graph.input('ema_decay', [2]);
    for (const tensor of [...gradients.keys(), ...statistics]) {
      graph.apply('ema', [bufferBeside(graph, 'ema', tensor), tensor, decay], {});
    }
  }
  return norm;
}

const hyperPrefix = 'hyper';

function hyperName(rate: number, since: number): string {
  return [hyperPrefix, ...(since > 0 ? [rate, since] : rate === 1 ? [] : [rate])].join('@');
}

/** Whose numbers of a step an input of a plan holds, by its name; undefined for any other input. */
export function hyperNamed(
  name: string,
): { readonly name: string; readonly rate: number; readonly since: number } | undefined {
  const [prefix, rate = 1, since = 0] = name.split('@');
  return prefix === hyperPrefix ? { name, rate: Number(rate), since: Number(since) } : undefined;
}

function hyperSize(optimizer: OptimizerKind): number {
  return optimizer.kind === 'sgd' ? 3 : optimizer.kind === 'adamw' ? 8 : hyperSizeOf(optimizer);
}

function bufferBeside(graph: Graph, what: string, { name, shape }: Value): Value {
  return graph.buffer(nameBeside(graph, what, name), shape);
}

/** The name of what is kept of a tensor. Throws a `CardinalError` if a tensor of the network itself is called so. */
export function nameBeside(graph: Graph, what: string, of: string): string {
  const name = `${what}.${of}`;
  if (graph.values.some((value) => value.role !== 'computed' && value.name === name)) {
    throw new CardinalError(
      `the network's tensor '${name}' is called as what training keeps of '${of}': rename its attribute '${what}'`,
    );
  }
  return name;
}
