import { UsageError } from '../base/errors.ts';
import { smallest } from '../base/extremes.ts';
import { wholeFrom, type Kind } from '../base/options.ts';
import type { Node } from '../graph/node.ts';
import { formatShape, type Value } from '../graph/value.ts';
import { divisors } from './fit.ts';
import type { Schedule } from './schedule.ts';

/** What one batch size computes: `outputs` from `input`, by `forward`, and by `prologue` what weights alone decide. */
export interface Pass {
  readonly input: Value;
  readonly prologue: readonly Node[];
  readonly forward: readonly Node[];
  readonly outputs: readonly Value[];
}

/** What several batch sizes compute with one copy of the weights. */
export interface SharedPasses {
  readonly prologue: readonly Node[];
  /** `forward` of the largest, and `forward@B` of every other. */
  readonly lists: Pick<Schedule, 'forward' | `forward@${number}`>;
  readonly outputs: readonly Value[];
}

const whole = wholeFrom(1);

/** A batch size, or several of one program. */
export const batchSizesKind: Kind = {
  expected: 'an integer from 1 on, or several, largest first',
  is: (value) => {
    const sizes = [value].flat();
    return sizes.length > 0 && sizes.every((size) => whole.is(size)) && isDescending(sizes as number[]);
  },
};

function isDescending(sizes: readonly number[]): boolean {
  return sizes.every((size, at) => at === 0 || size < sizes[at - 1]);
}

/** What `make` makes for one batch size, or for each of several. */
export function forEachSize<T>(
  sizes: number | readonly number[],
  make: (size: number) => T,
): T | readonly T[] {
  return typeof sizes === 'number' ? make(sizes) : sizes.map(make);
}

/** The trace of one batch size, or those of several, as a list. */
export function listOf<T>(traced: T | readonly T[]): readonly T[] {
  if (!Array.isArray(traced)) return [traced as T];
  if (traced.length === 0)
    throw new UsageError('planInference: expected the network, traced, got an empty list');
  return traced;
}

/** Batch sizes, or lists of those of one program, the largest first. */
export type Choices = readonly (number | readonly number[])[];

/**
 * What may be planned for a device that lacks memory, in the order in which it is tried: of one batch size its equal parts, of several
 * those that are left without the largest.
 */
export function choicesOf(batchSizes: number | readonly number[]): Choices {
  return typeof batchSizes === 'number'
    ? divisors(batchSizes)
    : batchSizes.map((_, at) => batchSizes.slice(at));
}

/** The least of the choices, for people: "one picture". */
export function leastOf(choices: Choices): string {
  const least = smallest(choices.flat());
  return least === 1 ? 'one picture' : `a batch of ${least} pictures`;
}

/**
 * Joins what batches of several sizes compute, largest first: all read the parameters of the largest and what its prologue makes of
 * them. The other values of a batch of four are called `…@4`.
 */
export function shareWeights(passes: readonly Pass[]): SharedPasses {
  const [{ prologue, forward, outputs: largest }, ...smaller] = passes;
  checkSizes(passes.map(({ input }) => input));
  const weights = new Map<string, Value>();
  for (const { inputs } of [...prologue, ...forward]) {
    for (const value of inputs) if (isWeight(value)) weights.set(value.name, value);
  }
  const made = new Map(prologue.map((node) => [makingOf(node), node.outputs]));
  const once = [...prologue];
  const lists: Record<`forward@${number}`, readonly Node[]> = {};
  const outputs = [...largest];
  for (const pass of smaller) {
    const [batch] = pass.input.shape;
    const twins = new Map<Value, Value>();
    const twinOf = (value: Value): Value => {
      const known = twins.get(value);
      if (known !== undefined) return known;
      const twin = isWeight(value)
        ? sharedWeight(value, weights)
        : { ...value, name: `${value.name}@${batch}` };
      twins.set(value, twin);
      return twin;
    };
    const copyOf = (node: Node): Node => ({
      ...node,
      inputs: node.inputs.map(twinOf),
      outputs: node.outputs.map(twinOf),
    });
    for (const node of pass.prologue) {
      const making = makingOf({ ...node, inputs: node.inputs.map(twinOf) });
      const there = made.get(making);
      if (there === undefined) {
        const copy = copyOf(node);
        once.push(copy);
        made.set(making, copy.outputs);
      } else node.outputs.forEach((value, index) => twins.set(value, there[index]));
    }
    const entry: `forward@${number}` = `forward@${batch}`;
    lists[entry] = pass.forward.map(copyOf);
    for (const output of pass.outputs) outputs.push(twinOf(output));
  }
  return { prologue: once, lists: { forward, ...lists }, outputs };
}

function checkSizes(inputs: readonly Value[]): void {
  const [[, ...picture]] = inputs.map(({ shape }) => shape);
  const isOne = ({ shape: [, ...other] }: Value) => formatShape(other) === formatShape(picture);
  if (isDescending(inputs.map(({ shape: [batch] }) => batch)) && inputs.every(isOne)) return;
  const got = inputs.map(({ shape }) => formatShape(shape)).join(', ');
  throw new UsageError(
    `planInference: expected batches of pictures of one size, the largest batch first, got ${got}`,
  );
}

const isWeight = ({ role }: Value): boolean => role === 'parameter' || role === 'buffer';

function sharedWeight(value: Value, weights: Map<string, Value>): Value {
  const { name, shape } = value;
  const shared = weights.get(name) ?? value;
  weights.set(name, shared);
  if (formatShape(shared.shape) === formatShape(shape)) return shared;
  throw new UsageError(
    `planInference: expected traces of one network, got ${name} of ${formatShape(shared.shape)} and of ${formatShape(shape)}`,
  );
}

/** The same for nodes that make the same, of values that have one name in all batch sizes. */
function makingOf({ op, attrs, inputs }: Pick<Node, 'op' | 'attrs' | 'inputs'>): string {
  return JSON.stringify([op, attrs, inputs.map(({ name }) => name)]);
}
