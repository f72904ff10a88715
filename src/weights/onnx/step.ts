import type { Value } from '../../graph/value.ts';
import type { OnnxAttributes } from './model.ts';

/**
 * One ONNX operator of those that a graph's node becomes. Its first input is the result of the step before, or the
 * node's first input; `others` follow.
 */
export interface Step {
  readonly op: string;
  /** One that is undefined is left out. */
  readonly others: readonly (Operand | undefined)[];
  readonly attributes: OnnxAttributes;
}

/** A value of the graph, whole numbers that an operator takes as a tensor, one number of any kind, a tensor of them, what other steps give, or what came before. */
export type Operand =
  | Value
  | { readonly name: string; readonly ints: readonly number[] }
  | { readonly name: string; readonly float: number }
  | { readonly name: string; readonly dims: readonly number[]; readonly floats: readonly number[] }
  | Branch
  | Earlier;

/** What steps make of a value, beside the chain that they are an operand of. */
export interface Branch {
  readonly from: Value;
  readonly steps: readonly Step[];
}

/** What came out of an operator before this one: that many steps ago, where 1 is its first input. */
interface Earlier {
  readonly back: number;
}

export function step(
  op: string,
  others: readonly (Operand | undefined)[] = [],
  attributes: OnnxAttributes = {},
): Step {
  return { op, others, attributes };
}

/** `before` and `after` have a number for each dimension. Zeros are added, or the reflection of what is there. */
export function pad(
  before: readonly number[],
  after: readonly number[],
  attributes: OnnxAttributes = {},
): Step {
  return step('Pad', [{ name: 'pads', ints: [...before, ...after] }], attributes);
}

export function slice(
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): Step {
  return step('Slice', [
    { name: 'starts', ints: starts },
    { name: 'ends', ints: ends },
    { name: 'axes', ints: axes },
    { name: 'steps', ints: steps },
  ]);
}
