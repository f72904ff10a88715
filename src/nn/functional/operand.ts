import { described } from '../../base/described.ts';
import { CardinalError } from '../../base/errors.ts';
import type { OpName, OpTable } from '../../graph/op-table.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import { Parameter } from '../parameter.ts';
import { checkValue, currentTracing } from '../tracing.ts';

/** What a function of a `forward` works on: what a module or another function gave, or a parameter that a module of the network owns. */
export type Operand = Value | Parameter;

/** The values of operands in the trace that runs. Throws a `UsageError` if one is of another trace, or nothing of the kind. */
export function valuesOf(name: string, operands: readonly Operand[]): readonly Value[] {
  const tracing = currentTracing(name);
  return operands.map((operand, index) => {
    if (operand instanceof Parameter) return tracing.parameter(operand);
    checkValue(name, operands.length === 1 ? 'its input' : `input ${index + 1}`, tracing, operand);
    return operand;
  });
}

/** Records an op of one output, once its inputs are values. */
export function record<K extends OpName>(
  name: string,
  inputs: readonly Value[],
  op: K,
  attrs: OpTable[K],
): Value {
  return currentTracing(name).graph.apply1(op, inputs, attrs);
}

/** The axis of a tensor that `dim` names; a negative one counts from the end. Throws a `CardinalError` if there is none. */
export function axisOf(name: string, what: string, { shape }: Value, dim: number): number {
  const rank = shape.length;
  if (Number.isInteger(dim) && dim >= -rank && dim < rank) return dim < 0 ? dim + rank : dim;
  throw new CardinalError(
    `${name}: expected ${what} to be one of the ${rank} of ${formatShape(shape)}, from ${-rank} to ${rank - 1}, got ${described(dim)}`,
  );
}
