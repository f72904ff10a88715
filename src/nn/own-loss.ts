import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { callback, checkKind } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import type { Graph } from '../graph/graph.ts';
import { formatShape, type Value } from '../graph/value.ts';
import { withTracing } from './tracing.ts';

/**
 * A loss of one's own: from what the network gave (N×K) and what it should have given (N×K) a single number, a mean over pictures, made of
 * functions of `F`. Targets are one-hot rows of classes, 0 or 1 of labels, or numbers; mixed where pictures are. `outputs` are all that the
 * network gave, by name, the main one first (`logits`, if it has no name).
 */
export type OwnLoss = (output: Value, target: Value, outputs: NamedOutputs) => Value;

/** What a network gave, by name. */
type NamedOutputs = Readonly<Record<string, Value>>;

/**
 * A loss of one's own for `planTraining`, named as it is `called`, or as the function is. Recording it throws a `UsageError` if it is no function of `F`, or a `CardinalError`
 * if it gives more than a number, or one that depends on no output.
 */
export function ownLoss(compute: OwnLoss, called?: string) {
  checkKind('ownLoss', 'the loss', compute, callback);
  const name = called ?? nameOf(compute);
  return {
    kind: 'own' as const,
    name,
    record: (graph: Graph, output: Value, target: Value, outputs: NamedOutputs): Value =>
      recorded(graph, [output, target, outputs], name, compute),
  };
}

/** What a run calls a loss of one's own. */
export function nameOf(compute: OwnLoss): string {
  const { name }: { readonly name: unknown } = compute;
  return typeof name === 'string' && name !== '' ? name : 'loss';
}

function recorded(graph: Graph, given: Parameters<OwnLoss>, name: string, compute: OwnLoss): Value {
  const what = `loss '${name}'`;
  const none = (thing: string) => (): never => {
    throw new UsageError(
      `${what}: a loss has no ${thing}: what is learned or dropped belongs to the network`,
    );
  };
  const tracing = {
    ...{ graph, training: true, call: none('modules'), parameter: none('parameters') },
    ...{ buffer: none('buffers'), dropout: none('dropout') },
  };
  const before = graph.nodes.length;
  const loss: unknown = withTracing(tracing, () => compute(...given));
  if (!graph.owns(loss)) {
    const advice = loss === undefined ? ': is a return missing?' : '';
    throw new UsageError(
      `${what}: expected one value, made by functions of F, got ${described(loss)}${advice}`,
    );
  }
  if (sizeOf(loss.shape) !== 1) {
    throw new CardinalError(
      `${what}: expected a single number, got ${formatShape(loss.shape)}: take the mean, F.mean(x, [0, 1])`,
    );
  }
  const [output, , all] = given;
  const reached = new Set([output, ...Object.values(all)]);
  for (const { inputs, outputs } of graph.nodes.slice(before)) {
    if (inputs.some((input) => reached.has(input))) for (const value of outputs) reached.add(value);
  }
  if (!reached.has(loss)) throw new CardinalError(`${what}: expected a loss that depends on the output`);
  return loss;
}
