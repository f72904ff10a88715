import { CardinalError, UsageError } from '../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { OpName, OpTable } from '../graph/op-table.ts';
import { formatShape, type Value } from '../graph/value.ts';
import { ModuleBuffer } from './buffer.ts';
import { recordBatchNorm } from './layers/batch-norm.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import type { GraphData, ModuleData, NodeData, PartData, Recorded, TracedInput } from './traced.ts';
import { currentTracing, type Tracing } from './tracing.ts';

/**
 * A network made of data (`moduleData`): its tensors, paths, types and frozen parameters are those of the original, and so is what it is
 * traced to on the inputs that came with it; of others it says that it lacks them. It can be frozen, loaded, counted, planned and trained.
 * Only the whole network can be traced, and it cannot be initialised: how its tensors are drawn did not come along.
 */
export function moduleFrom(data: ModuleData): ReplayedModule {
  const parameters = data.parameters.map(({ shape, requiresGrad, data: numbers }) => {
    const parameter = new Parameter(shape, () => {
      throw new CardinalError(
        'a network that came as data cannot be initialised here: initialise it before it is sent',
      );
    });
    parameter.data = numbers;
    parameter.requiresGrad = requiresGrad;
    return parameter;
  });
  const buffers = data.buffers.map((value) => new ModuleBuffer(() => value));
  const parts: Part[] = [];
  // Backwards: `modules` has parents first, and a shared module behind the first of its parents.
  const partAt = (index: number): Part => (parts[index] ??= partOf(index));
  const partOf = (index: number): Part => {
    const { typeName, displayName, parameters: own, buffers: state, children } = data.modules[index];
    const held = {
      parameters: own.map(([name, at]): [string, Parameter] => [name, parameters[at]]),
      buffers: state.map(([name, at]): [string, ModuleBuffer] => [name, buffers[at]]),
      children: children.map(([name, at]): [string, Module] => [name, partAt(at)]),
    };
    const part = index === 0 ? new ReplayedModule(typeName, held) : new InnerPart(typeName, held);
    part.displayName = displayName;
    return part;
  };
  const root = partAt(0);
  if (!(root instanceof ReplayedModule)) throw new Error('the first part is the whole');
  root.add(data.graphs);
  return root;
}

interface Held {
  readonly parameters: readonly [string, Parameter][];
  readonly buffers: readonly [string, ModuleBuffer][];
  readonly children: readonly [string, Module][];
}

/** A module of whose class only the name is known. */
abstract class Part extends Module {
  readonly #typeName: string;
  readonly #held: Held;

  constructor(typeName: PartData['typeName'], held: Held) {
    super();
    this.#typeName = typeName;
    this.#held = held;
  }

  override get typeName(): string {
    return this.#typeName;
  }

  override ownParameters(): [string, Parameter][] {
    return [...this.#held.parameters];
  }

  override ownBuffers(): [string, ModuleBuffer][] {
    return [...this.#held.buffers];
  }

  override namedChildren(): [string, Module][] {
    return [...this.#held.children];
  }
}

/** A module below the whole. */
class InnerPart extends Part {
  forward(): Value {
    throw new CardinalError(
      `${this.typeName}: is part of a network that came as data, and runs only with all of it`,
    );
  }
}

/** The whole of it. */
export class ReplayedModule extends Part {
  readonly #graphs = new Map<string, GraphData>();

  /** Graphs of other inputs, as `graphsOf` gives them of the original. */
  add(graphs: readonly GraphData[]): void {
    for (const graph of graphs) this.#graphs.set(keyOf(graph), graph);
  }

  /** Which of these inputs it has no graph of. */
  lacks(inputs: readonly TracedInput[]): readonly TracedInput[] {
    return inputs.filter((input) => !this.#graphs.has(keyOf(input)));
  }

  forward(input: Value): Value {
    const tracing = currentTracing(this.typeName);
    const wanted = { shape: input.shape, training: tracing.training };
    const graph = this.#graphs.get(keyOf(wanted));
    if (graph === undefined) {
      const known = [...this.#graphs.values()].map(inWords).join(', ');
      throw new UsageError(
        `it came as data, without what it does to ${inWords(wanted)}; it has ${known === '' ? 'nothing' : known}`,
      );
    }
    if ('error' in graph.done) throw new UsageError(graph.done.error);
    return replay(this, graph.done, tracing, input);
  }
}

function keyOf({ shape, training }: TracedInput): string {
  return `${formatShape(shape)} ${training}`;
}

function inWords({ shape, training }: TracedInput): string {
  return `${formatShape(shape)}${training ? ' in training' : ''}`;
}

/** Does again what was done, value for value, in the order in which they were made: so that even their numbers are the same. */
function replay(
  model: Module,
  { leaves, nodes, output, calls }: Recorded,
  tracing: Tracing,
  input: Value,
): Value {
  const { graph } = tracing;
  const parameters = new Map(model.namedParameters());
  const buffers = new Map(model.namedBuffers());
  const values: Value[] = [];
  const leafOf = ({ name, role, shape }: Recorded['leaves'][number]): Value => {
    if (role === 'input') return name === input.name ? input : tracing.dropout().seed;
    const parameter = role === 'parameter' ? parameters.get(name) : undefined;
    if (parameter !== undefined) return tracing.parameter(parameter);
    const buffer = role === 'buffer' ? buffers.get(name) : undefined;
    if (buffer !== undefined) return tracing.buffer(buffer, shape);
    throw new CardinalError(
      `it came as data that do not fit together: a graph has the ${role} '${name}', the network has none`,
    );
  };
  let next = 0;
  const leavesBefore = (id: number): void => {
    for (; next < leaves.length && leaves[next].id < id; next++)
      values[leaves[next].id] = leafOf(leaves[next]);
  };
  for (const node of nodes) {
    leavesBefore(node.outputs[0]);
    const outputs = graph.atPath(node.scope, () =>
      apply(
        graph,
        node,
        node.inputs.map((id) => values[id]),
      ),
    );
    outputs.forEach((value, index) => {
      values[node.outputs[index]] = value;
    });
  }
  leavesBefore(Infinity);
  for (const call of calls) graph.root?.children.push(call);
  return values[output];
}

function apply(graph: Graph, node: NodeData, inputs: readonly Value[]): readonly Value[] {
  if (node.op !== 'batch_norm') return applyAny(graph, node.op, node.attrs, inputs);
  const [, weight, bias] = inputs;
  const { eps, momentum } = node.attrs;
  return recordBatchNorm(graph, inputs, {
    ...{ eps, momentum },
    training: weight.frozen !== true || bias.frozen !== true,
  });
}

/** `node.op` and `node.attrs` belong together, which the compiler cannot see of a union. */
function applyAny<K extends OpName>(
  graph: Graph,
  op: K,
  attrs: OpTable[K],
  inputs: readonly Value[],
): readonly Value[] {
  return graph.apply(op, inputs, attrs);
}
