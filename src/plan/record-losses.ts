import { CardinalError } from '../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { formatShape, type Value } from '../graph/value.ts';
import { otherOutputs } from './outputs.ts';
import type { Traced } from './plan-inference.ts';
import { recordLoss } from './record-loss.ts';

/**
 * Records the loss of a network's main output; and of auxiliary ones the same loss with the same target, times their weights, as GoogLeNet
 * (Szegedy et al. 2015, section 5) and torchvision's segmentation have it. In the scripts of a page that trains `no-losses.ts` stands for
 * this file.
 *
 * Throws a `CardinalError` if the network has no such output, or one of another shape than the target.
 */
export function recordLosses(
  graph: Graph,
  logits: Value,
  target: Value,
  options: Omit<Parameters<typeof recordLoss>[3], 'outputs'> & {
    readonly traced: Traced;
    readonly auxiliary: Readonly<Record<string, number>> | undefined;
  },
): Value {
  const { traced, name, auxiliary = {} } = options;
  const others = otherOutputs(graph, traced);
  const { names = ['logits'] } = traced;
  const outputs = Object.fromEntries([logits, ...others].map((value, at) => [names[at], value]));
  const weights = Object.entries(auxiliary);
  const unknown = weights.find(([output]) => !names.includes(output, 1));
  if (unknown !== undefined) {
    const has = names.length > 1 ? `it has ${names.slice(1).join(', ')}` : 'it has one output';
    throw new CardinalError(`auxiliary: the network gives no ${unknown[0]} beside its main output: ${has}`);
  }
  const part = (value: Value, called: string): Value =>
    recordLoss(graph, value, target, { ...options, outputs, name: called });
  if (weights.length === 0) return part(logits, name);
  let sum = part(logits, `main_${name}`);
  for (const [at, [output, factor]] of weights.entries()) {
    const value = outputs[output];
    if (formatShape(value.shape) !== formatShape(target.shape)) {
      throw new CardinalError(
        `auxiliary: expected ${output} to be ${formatShape(target.shape)} as the main output is, got ${formatShape(value.shape)}`,
      );
    }
    const scaled = graph.apply1('scale', [part(value, `${output}_${name}`)], { factor });
    const isLast = at === weights.length - 1;
    sum = graph.apply1('add', [sum, scaled], { activation: 'none' }, isLast ? name : undefined);
  }
  return sum;
}
