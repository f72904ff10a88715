import { CardinalError } from '../base/errors.ts';
import type { TensorData } from '../base/tensor-data.ts';
import type { ScopeCall } from '../graph/graph.ts';
import type { NodeOf } from '../graph/node.ts';
import type { OpName } from '../graph/op-table.ts';
import type { Shape, Value } from '../graph/value.ts';
import { checkModule, type AnyModule } from './module.ts';
import { trace } from './trace.ts';

/**
 * A network as plain data, which can be sent to another thread where its class is not known: its tensors under their names, and what
 * its `forward` did to inputs of some shapes. `moduleFrom` makes a network of it again.
 */
export interface ModuleData {
  /** Parents first; the first is the network. A shared one stands here once, like tensors below, and is known by its index. */
  readonly modules: readonly PartData[];
  readonly parameters: readonly ParameterData[];
  /** The arrays are the module's own: sending copies them. */
  readonly buffers: readonly TensorData[];
  readonly graphs: readonly GraphData[];
}

/** A module, with what it holds by name, as indices. */
export interface PartData {
  readonly typeName: string;
  readonly displayName: string | undefined;
  readonly parameters: readonly Named[];
  readonly buffers: readonly Named[];
  readonly children: readonly Named[];
}

type Named = readonly [name: string, index: number];

export interface ParameterData {
  readonly shape: Shape;
  readonly requiresGrad: boolean;
  /** The parameter's own array. */
  readonly data: Float32Array;
}

/** An input that a network is to be traced on: N×C×H×W, in training or as it is used afterwards. */
export interface TracedInput {
  readonly shape: Shape;
  readonly training: boolean;
}

/** What a network did to an input of one shape, while no parameter was frozen. */
export interface GraphData extends TracedInput {
  readonly done: Recorded | Refused;
}

export interface Recorded {
  /** Values by number: the nodes' outputs have those that are left out here. */
  readonly leaves: readonly (Pick<Value, 'id' | 'name' | 'shape'> & {
    readonly role: Exclude<Value['role'], 'computed'>;
  })[];
  readonly nodes: readonly NodeData[];
  readonly output: number;
  /** What the network called. */
  readonly calls: readonly ScopeCall[];
}

/** Why an input of this shape does not fit the network. */
export interface Refused {
  readonly error: string;
}

export type NodeData = {
  [K in OpName]: Pick<NodeOf<K>, 'op' | 'attrs' | 'scope'> & {
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  };
}[OpName];

/** Takes a network apart. `inputs` are those that what comes of it will be asked about; more can be added by `graphsOf`. */
export function moduleData(model: AnyModule, inputs: readonly TracedInput[]): ModuleData {
  checkModule('moduleData', 'the network', model);
  const modules = model.modules();
  const parameters = model.parameters();
  const buffers = model.namedBuffers().map(([, buffer]) => buffer);
  return {
    modules: modules.map((module) => ({
      typeName: module.typeName,
      displayName: module.displayName,
      parameters: indices(module.ownParameters(), parameters),
      buffers: indices(module.ownBuffers(), buffers),
      children: indices(module.namedChildren(), modules),
    })),
    parameters: parameters.map(({ shape, requiresGrad, data }) => ({ shape, requiresGrad, data })),
    buffers: buffers.map(({ value }) => value),
    graphs: graphsOf(model, inputs),
  };
}

function indices<T>(named: readonly (readonly [string, T])[], all: readonly T[]): readonly Named[] {
  return named.map(([name, one]) => [name, all.indexOf(one)]);
}

/**
 * What a network does to inputs of these shapes. One that does not fit is refused later, when it is asked for, as the network itself would
 * refuse it.
 */
export function graphsOf(model: AnyModule, inputs: readonly TracedInput[]): readonly GraphData[] {
  // What is frozen when a graph is used decides then: `moduleFrom` knows how.
  const frozen = model.parameters().filter(({ requiresGrad }) => !requiresGrad);
  const thaw = (thawed: boolean): void => {
    for (const parameter of frozen) parameter.requiresGrad = thawed;
  };
  return inputs.map(({ shape, training }) => {
    try {
      thaw(true);
      const done = recorded(model, shape, training);
      thaw(false);
      // A frozen norm takes a single value, of which there are no statistics.
      const refused = 'error' in done && frozen.length > 0;
      return { shape, training, done: refused ? recorded(model, shape, training) : done };
    } finally {
      thaw(false);
    }
  });
}

function recorded(model: AnyModule, shape: Shape, training: boolean): Recorded | Refused {
  try {
    const { graph, output } = trace(model, shape, { training });
    return {
      leaves: graph.values.flatMap(({ id, name, shape: size, role }) =>
        role === 'computed' ? [] : [{ id, name, shape: size, role }],
      ),
      nodes: graph.nodes.map(
        ({ op, attrs, scope, inputs, outputs }) =>
          // One member of the union, which spreading loses.
          ({ op, attrs, scope, inputs: ids(inputs), outputs: ids(outputs) }) as NodeData,
      ),
      output: output.id,
      calls: graph.root?.children ?? [],
    };
  } catch (error) {
    if (!(error instanceof CardinalError)) throw error;
    // Whoever traces it again puts the name in front again.
    const owner = `${model.displayName ?? model.typeName}: `;
    return { error: error.message.startsWith(owner) ? error.message.slice(owner.length) : error.message };
  }
}

function ids(values: readonly Value[]): readonly number[] {
  return values.map(({ id }) => id);
}
