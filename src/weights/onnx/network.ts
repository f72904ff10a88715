import type { Value } from '../../graph/value.ts';
import type { Module } from '../../nn/module.ts';
import { trace, type Trace } from '../../nn/trace.ts';
import type { Fold } from './fold.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { stepsOf, type Step } from './steps.ts';

/** A run of operators in the module at `path`: from one value of the graph to another. */
export interface Chain {
  readonly path: string;
  readonly from: Value;
  readonly steps: readonly Step[];
  readonly to: Value;
  /** The convolution's and batch norm's, if they are one operator. */
  readonly fold: Fold | undefined;
}

/** What a trace becomes, in an order in which it can run. */
export function chainsOf({ graph }: Trace, folds: readonly Fold[]): readonly Chain[] {
  const folded = new Map(folds.map((fold) => [fold.conv.id, fold]));
  const absorbed = new Set(folds.map(({ norm }) => norm.id));
  return graph.nodes
    .filter(({ id }) => !absorbed.has(id))
    .map((node) => {
      const fold = folded.get(node.id);
      const after = fold === undefined ? [] : stepsOf(fold.norm).slice(1);
      return {
        path: node.scope,
        from: node.inputs[0],
        steps: [...stepsOf(node), ...after],
        to: (fold?.norm ?? node).outputs[0],
        fold,
      };
    });
}

/**
 * Appends the chains to a graph whose input is called `input`. `tensor` puts a parameter or running statistic into the
 * graph when it is first used; the last result is called `output.name`.
 */
export function appendChains(
  builder: GraphBuilder,
  chains: readonly Chain[],
  { input, output }: Trace,
  inputName: string,
  tensor: (value: Value) => string,
): void {
  const names = new Map<Value, string>([[input, inputName]]);
  const nameOf = (value: Value) => names.get(value) ?? tensor(value);
  for (const { path, from, steps, to, fold } of chains) {
    let current = nameOf(from);
    steps.forEach(({ op, others, attributes }, index) => {
      const operands = others.map((operand) => {
        if ('ints' in operand) {
          const { name, ints } = operand;
          return builder.constant(path, name, [ints.length], BigInt64Array.from(ints, BigInt));
        }
        if ('float' in operand) {
          return builder.constant(path, operand.name, [], Float32Array.of(operand.float));
        }
        if ('floats' in operand) {
          return builder.constant(path, operand.name, operand.dims, Float32Array.from(operand.floats));
        }
        return nameOf(operand);
      });
      if (index === 0 && fold !== undefined && !fold.conv.attrs.bias) operands.push(fold.bias);
      const last = index === steps.length - 1 && to === output;
      current = builder.node(path, op, [current, ...operands], attributes, last ? output.name : undefined);
    });
    names.set(to, current);
  }
}

/**
 * Whether the same operators do for pictures of another size: then nothing in them depends on height and width. Pooling
 * over the whole picture does not, a window that happens to be as large does, and so does `ceilMode`, whose last window
 * depends on the size.
 */
export function fitsAnySize(model: Module, traced: Trace): boolean {
  const [n, c, h, w] = traced.input.shape;
  if (traced.graph.nodes.some(({ attrs }) => 'ceilMode' in attrs && attrs.ceilMode)) return false;
  try {
    const larger = trace(model, [n, c, 2 * h, 2 * w], { training: false });
    return larger.output.shape[1] === traced.output.shape[1] && structureOf(larger) === structureOf(traced);
  } catch {
    return false;
  }
}

/** Ops, attributes and connections as text, to compare two traces by. */
function structureOf(traced: Trace): string {
  const chains = chainsOf(traced, []).map(({ path, from, steps, to }) => [
    path,
    from.name,
    steps.map(({ op, others, attributes }) => [
      op,
      others.map((operand) => ('shape' in operand ? operand.name : operand)),
      attributes,
    ]),
    to.name,
  ]);
  return JSON.stringify(chains);
}
