import type { Value } from '../../graph/value.ts';
import type { AnyModule } from '../../nn/module.ts';
import { trace, type Trace } from '../../nn/trace.ts';
import type { Fold } from './fold.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { Operand, Step } from './step.ts';
import { stepsOf } from './steps.ts';

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
    .flatMap((node) => {
      const fold = folded.get(node.id);
      const after = fold === undefined ? [] : stepsOf(fold.norm).slice(1);
      return (fold?.norm ?? node).outputs.map((to, part) => ({
        path: node.scope,
        from: node.inputs[0],
        steps: [...stepsOf(node, part), ...after],
        to,
        fold,
      }));
    });
}

/**
 * Appends the chains to a graph whose input is called `input`. `tensor` puts a parameter or running statistic into the
 * graph when it is first used; the outputs are called by their names.
 */
export function appendChains(
  builder: GraphBuilder,
  chains: readonly Chain[],
  { input, output, outputs = [output] }: Trace,
  inputName: string,
  tensor: (value: Value) => string,
): void {
  const names = new Map<Value, string>([[input, inputName]]);
  const nameOf = (value: Value) => names.get(value) ?? tensor(value);
  for (const { path, from, steps, to, fold } of chains) {
    const bias = fold !== undefined && !fold.conv.attrs.bias ? fold.bias : undefined;
    const name = outputs.includes(to) ? to.name : undefined;
    names.set(to, appendSteps(builder, { path, from, steps, bias, name }, nameOf));
  }
}

/** Operators in a row; `bias` is one more input of the first, `name` what the last one's result is called. */
interface Row extends Pick<Chain, 'path' | 'from' | 'steps'> {
  readonly bias?: string | undefined;
  readonly name?: string | undefined;
}

/** Appends operators and gives the name of what the last one gives. */
function appendSteps(
  builder: GraphBuilder,
  { path, from, steps, bias, name }: Row,
  nameOf: (value: Value) => string,
): string {
  const results = [nameOf(from)];
  const operandName = (operand: Operand | undefined): string => {
    if (operand === undefined) return '';
    if ('back' in operand) return results[results.length - operand.back];
    if ('ints' in operand) {
      const { ints } = operand;
      return builder.constant(path, operand.name, [ints.length], BigInt64Array.from(ints, BigInt));
    }
    if ('float' in operand) return builder.constant(path, operand.name, [], Float32Array.of(operand.float));
    if ('floats' in operand) {
      return builder.constant(path, operand.name, operand.dims, Float32Array.from(operand.floats));
    }
    return 'steps' in operand ? appendSteps(builder, { path, ...operand }, nameOf) : nameOf(operand);
  };
  steps.forEach(({ op, others, attributes }, index) => {
    const operands = others.map(operandName);
    if (index === 0 && bias !== undefined) operands.push(bias);
    const inputs = [results[index], ...operands];
    results.push(builder.node(path, op, inputs, attributes, index === steps.length - 1 ? name : undefined));
  });
  return results[results.length - 1];
}

/**
 * Whether the same operators do for pictures of another size: then nothing in them depends on height and width. Pooling
 * over the whole picture does not, a window that happens to be as large does, and so does `ceilMode`, whose last window
 * depends on the size.
 */
export function fitsAnySize(model: AnyModule, traced: Trace): boolean {
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
    steps.map(comparable),
    to.name,
  ]);
  return JSON.stringify(chains);
}

/** A step without the sizes of what it works on. */
function comparable({ op, others, attributes }: Step): unknown {
  const operands = others.map((operand) => {
    if (operand === undefined) return null;
    if ('shape' in operand) return operand.name;
    return 'steps' in operand ? [operand.from.name, operand.steps.map(comparable)] : operand;
  });
  return [op, operands, attributes];
}
