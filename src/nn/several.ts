import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { isPlain, text } from '../base/options.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape, Value } from '../graph/value.ts';
import { sizes } from './arguments.ts';

/** What a network's `forward` may give: a value, several in order, or several by name. The first is its main one. */
export type Outputs = Value | readonly Value[] | Readonly<Record<string, Value>>;

/** Shapes of a network's inputs by name, in the order in which its `forward` takes them. */
export type InputShapes = Readonly<Record<string, Shape>>;

/** Whether inputs are given by name. */
export function areNamed<T>(given: T): given is Exclude<T, readonly unknown[]> {
  return isPlain(given);
}

/** The shapes of inputs for another number of pictures, the first size of each. */
export function ofBatch(input: Shape | InputShapes, batch: number): Shape | InputShapes {
  if (!areNamed(input)) return [batch, ...input.slice(1)];
  return Object.fromEntries(Object.entries(input).map(([name, shape]) => [name, [batch, ...shape.slice(1)]]));
}

/** The main one of what a module gave. */
export function mainOf(graph: Graph, given: Outputs): Value {
  return graph.owns(given) ? given : Object.values(given)[0];
}

/** What one of several inputs or outputs is called in a program: what nothing of the plan's own is called. */
const taken = [
  'logits',
  'target',
  'labels',
  'loss',
  'loss_gradient',
  'dropout_seed',
  'hits',
  'stopping',
  'max_norm',
  'gradient_norm',
  'clip_coefficient',
];

/** Throws a `UsageError` for a name that a program needs itself. */
function checkNames(what: string, names: readonly string[]): void {
  const wrong = names.find((name) => !text.is(name) || taken.includes(name) || name.startsWith('hyper'));
  if (wrong === undefined) return;
  throw new UsageError(`${what}: the name '${wrong}' is one that a program has of its own: choose another`);
}

/** Throws a `UsageError` unless inputs have names that are free, and shapes. */
export function checkInputs(what: string, inputs: InputShapes): void {
  const entries = Object.entries(inputs);
  if (entries.length === 0) throw new UsageError(`${what}: expected the shape of each input by name, got {}`);
  checkNames(what, Object.keys(inputs));
  for (const [name, shape] of entries) sizes(what, name, shape, 'N×…');
  const [[first, [batch]]] = entries;
  const other = entries.find(([, shape]) => shape[0] !== batch);
  if (other === undefined) return;
  throw new UsageError(
    `${what}: expected inputs of as many pictures each, got ${batch} of ${first} and ${other[1][0]} of ${other[0]}`,
  );
}

/** Several outputs by name, in order; those of a list are called `output1` and so on. Undefined if it is one value, or something else. */
export function namedOutputs(
  graph: Graph,
  given: unknown,
): readonly (readonly [string, Value])[] | undefined {
  const entries: readonly (readonly [string, unknown])[] | undefined = Array.isArray(given)
    ? given.map((one: unknown, index) => [index === 0 ? 'logits' : `output${index}`, one])
    : isPlain(given) && !graph.owns(given)
      ? Object.entries(given)
      : undefined;
  if (entries === undefined || entries.length === 0) return undefined;
  return entries.map(([name, one]) => {
    if (graph.owns(one)) return [name, one];
    throw new UsageError(
      `expected each output of its forward to be a value, what a module or a function of F gave; got ${described(one)} as ${name}`,
    );
  });
}

/**
 * The outputs of a network under their names, which passes over the graph keep. The first is called `logits` in the graph, whatever its own
 * name is. Throws a `CardinalError` if a tensor of the network is called as one of them.
 */
export function recordOutputs(
  graph: Graph,
  outputs: readonly (readonly [string, Value])[],
): {
  readonly output: Value;
  readonly outputs: readonly Value[] | undefined;
  readonly names: readonly string[] | undefined;
} {
  const [[, main], ...others] = outputs;
  const names = others.map(([name]) => name);
  checkNames('its outputs', names);
  const clash = names.find((name) => graph.values.some((value) => value.name === name));
  if (clash !== undefined) {
    throw new CardinalError(`its output '${clash}' is called as a tensor of its own: give it another name`);
  }
  const named = others.map(([name, value]) => graph.apply1('reshape', [value], { size: value.shape }, name));
  return { output: main, outputs: [main, ...named], names: outputs.map(([name]) => name) };
}
