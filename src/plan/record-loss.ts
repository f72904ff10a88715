import { callback, finite, record, type Kind } from '../base/options.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/** What a training plan minimises. */
export type LossPlan =
  | { readonly kind: 'cross-entropy' }
  | {
      readonly kind: 'bce';
      readonly targetThreshold?: number | undefined;
      readonly sumClasses?: boolean | undefined;
      /** A weight of what is for each label, or one for all. */
      readonly posWeight?: number | readonly number[] | undefined;
      readonly several?: boolean | undefined;
    }
  | { readonly kind: 'mse' }
  | {
      readonly kind: 'focal';
      readonly gamma: number;
      readonly alpha?: number | undefined;
      readonly several?: boolean | undefined;
    }
  /** What `ownLoss` makes of a function: it records a single number. */
  | {
      readonly kind: 'own';
      readonly name: string;
      readonly record: (
        graph: Graph,
        output: Value,
        target: Value,
        outputs: Readonly<Record<string, Value>>,
      ) => Value;
    };

/** Options of each kind of loss. */
const optionsOf = new Map<unknown, readonly string[]>([
  ['cross-entropy', []],
  ['bce', ['targetThreshold', 'sumClasses', 'posWeight', 'several']],
  ['mse', []],
  ['focal', ['gamma', 'alpha', 'several']],
  ['own', ['name', 'record']],
]);

export const lossPlanKind: Kind = {
  expected: "a loss { kind: 'cross-entropy' | 'bce' | 'mse' | 'focal', … }, or what ownLoss gives",
  is: (value) => {
    if (!record.is(value)) return false;
    const { kind, ...options }: Partial<Record<string, unknown>> = { ...(value as object) };
    const { gamma, alpha, several, record: recording, targetThreshold, posWeight } = options;
    const known = optionsOf.get(kind);
    if (known === undefined || !Object.keys(options).every((key) => known.includes(key))) return false;
    if (targetThreshold !== undefined && !finite.is(targetThreshold)) return false;
    const weights: readonly unknown[] = Array.isArray(posWeight) ? posWeight : [posWeight ?? 1];
    if (!weights.every((weight) => finite.is(weight) && Number(weight) >= 0)) return false;
    if (kind === 'focal') {
      // The form with softmax has no weights.
      const isWeight = several === true && typeof alpha === 'number' && alpha >= 0 && alpha <= 1;
      return finite.is(gamma) && Number(gamma) >= 0 && (alpha === undefined || isWeight);
    }
    return kind !== 'own' || callback.is(recording);
  },
};

/** Of what, and how: `name` names the value. */
interface LossOptions {
  readonly loss: LossPlan | undefined;
  readonly labelSmoothing: number;
  readonly name: string;
  /** All that the network gave, by name, for a loss of one's own. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** Records the loss of what a network gave. In the scripts of a page that trains `no-loss.ts` stands for this file. */
export function recordLoss(graph: Graph, logits: Value, target: Value, options: LossOptions): Value {
  const { loss, name, labelSmoothing } = options;
  switch (loss?.kind) {
    case undefined:
    case 'cross-entropy':
      return graph.apply1('softmax_cross_entropy', [logits, target], { labelSmoothing }, name);
    case 'bce':
      return recordBinary(graph, logits, target, { gamma: 0, ...loss }, options);
    case 'focal': {
      const { gamma, several } = loss;
      if (several === true) return recordBinary(graph, logits, target, loss, options);
      return graph.apply1('softmax_focal_loss', [logits, target], { labelSmoothing, gamma }, name);
    }
    case 'mse':
      return asNumber(graph, meanSquaredError(graph, logits, target), name);
    case 'own':
      return asNumber(graph, loss.record(graph, logits, target, options.outputs), name);
  }
}

function recordBinary(
  graph: Graph,
  logits: Value,
  target: Value,
  {
    targetThreshold = null,
    alpha = null,
    gamma,
    posWeight,
    sumClasses = false,
    several = false,
  }: {
    readonly targetThreshold?: number | undefined | null;
    readonly alpha?: number | undefined | null;
    readonly gamma: number;
    readonly posWeight?: number | readonly number[] | undefined;
    readonly sumClasses?: boolean | undefined;
    readonly several?: boolean | undefined;
  },
  { labelSmoothing: smoothing, name }: LossOptions,
): Value {
  // A label is one of two outcomes, a class one of K.
  const offset = smoothing / (several ? 2 : logits.shape[1]);
  const attrs = {
    ...{ scale: 1 - smoothing, offset, threshold: targetThreshold, gamma, alpha, sumClasses },
    posWeight:
      typeof posWeight === 'number' ? Array<number>(logits.shape[1]).fill(posWeight) : (posWeight ?? null),
  };
  return graph.apply1('binary_cross_entropy_with_logits', [logits, target], attrs, name);
}

function meanSquaredError(graph: Graph, logits: Value, target: Value): Value {
  const error = graph.apply1('sub', [logits, target], {});
  const squares = graph.apply1('mul', [error, error], { activation: 'none', residual: false });
  return graph.apply1('mean', [squares], { dims: [0, 1] });
}

function asNumber(graph: Graph, value: Value, name: string): Value {
  return graph.apply1('reshape', [value], { size: [1] }, name);
}
