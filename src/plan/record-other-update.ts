import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/** Optimisers of later recipes; in the scripts of a page that has none of them, `no-other-update.ts` stands for this file. */
export type OtherOptimizerKind =
  | { readonly kind: 'rmsprop'; readonly momentum: boolean; readonly tensorflow: boolean }
  | { readonly kind: 'lion' }
  | { readonly kind: 'lamb' };

/** What the update of one parameter is made of; `keep` gives what the optimiser keeps of it, by a name. */
interface ParameterUpdate {
  readonly parameter: Value;
  readonly gradient: Value;
  readonly hyper: Value;
  /** The factor of clipped gradients, or none. */
  readonly coefficient: readonly Value[];
  readonly keep: (what: string) => Value;
  readonly decay: boolean;
}

/** Numbers in `hyper`. */
export function hyperSizeOf({ kind }: OtherOptimizerKind): number {
  return kind === 'lamb' ? 9 : 6;
}

export function recordOther(
  graph: Graph,
  optimizer: OtherOptimizerKind,
  { parameter, gradient, hyper, coefficient, keep, decay }: ParameterUpdate,
): void {
  const clip = coefficient.length > 0;
  const rest = [hyper, ...coefficient];
  switch (optimizer.kind) {
    case 'rmsprop': {
      const { momentum, tensorflow } = optimizer;
      const kept = [keep('square_avg'), ...(momentum ? [keep('momentum_buffer')] : [])];
      graph.apply('rmsprop', [parameter, gradient, ...kept, ...rest], { momentum, tensorflow, decay, clip });
      return;
    }
    case 'lion':
      graph.apply('lion', [parameter, gradient, keep('exp_avg'), ...rest], { decay, clip });
      return;
    case 'lamb': {
      const moments = [keep('exp_avg'), keep('exp_avg_sq')];
      graph.apply('lamb', [parameter, gradient, ...moments, ...rest], { decay, clip });
    }
  }
}

/** Whether it is one of these, from a caller whose types nobody checked. */
export function isOtherKind(value: { readonly kind: unknown }): boolean {
  const has = (name: string): boolean => typeof Reflect.get(value, name) === 'boolean';
  if (value.kind === 'rmsprop') return has('momentum') && has('tensorflow');
  return value.kind === 'lion' || value.kind === 'lamb';
}
