import { checkOptions, inputShape, type Kinds } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import { macsOf } from '../graph/dispatch.ts';
import type { Node } from '../graph/node.ts';
import type { Shape, Value } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { partCost, type PartCost } from './breakdown.ts';
import { kindOf } from './kinds.ts';

/** A tensor that goes from one part of a network to another. */
export interface CostEdge {
  /** Index of the part that gives it, among those beside the one that takes it; undefined if it comes from outside their parent. */
  readonly from: number | undefined;
  readonly shape: Shape;
  /** As float32. */
  readonly bytes: number;
}

/** A part of a network: a call of a module, a container around calls, or an op that a module records itself. */
export interface CostNode extends PartCost {
  /** Path of the module (`layer1.0.conv2`), or of the one that records the op. */
  readonly path: string;
  /** Class of the module (`Bottleneck`), undefined for an op. */
  readonly typeName: string | undefined;
  /** What it does, each sort of work once, in the order of its ops. */
  readonly kinds: readonly string[];
  /** What it takes from the parts beside it and from outside, each tensor once, parameters left out. */
  readonly inputs: readonly CostEdge[];
  /** Shape of what its last op gives. */
  readonly outputShape: Shape;
  /** Its own parts in the order in which they run; none for a layer. */
  readonly children: readonly CostNode[];
}

const kinds: Kinds<{ readonly inputSize: Shape }> = { inputSize: inputShape };

/**
 * A network as its modules hold one another, each part with what it costs and with the tensors that reach it: what a drawing needs. The
 * root is the network. Nothing is computed or allocated. For the batch of `inputSize` (N×C×H×W), in evaluation mode. Throws a `UsageError`
 * without an `inputSize`, and a `CardinalError` for pictures that do not fit.
 */
export function costTree(model: Module, options: { readonly inputSize: Shape }): CostNode {
  checkModule('costTree', 'the network', model);
  checkOptions('costTree', options, kinds, ['inputSize']);
  sizes('costTree', 'inputSize', options.inputSize, 'N×C×H×W');
  const { graph } = trace(model, options.inputSize, { training: false });
  const types = new Map(model.namedModules().map(([path, { typeName }]) => [path, typeName]));
  const calls = new Map(graph.root === undefined ? [] : callsOf(graph.root));
  const macs = graph.nodes.reduce((total, node) => total + macsOf(node), 0);
  const made = (path: string, nodes: readonly Node[], inputs: readonly CostEdge[]): CostNode => ({
    path,
    typeName: types.get(path) ?? calls.get(path),
    ...about(nodes, macs, inputs),
    children: nodes.every(({ scope }) => scope === path) ? [] : childrenOf(path, nodes),
  });
  const childrenOf = (parent: string, nodes: readonly Node[]): CostNode[] => {
    const groups = split(parent, nodes);
    const givers = new Map<Value, number>();
    return groups.map(({ path, nodes: members }, index) => {
      const inputs = inputsOf(members, givers);
      for (const output of members.flatMap(({ outputs }) => outputs)) givers.set(output, index);
      return path === undefined
        ? { path: parent, typeName: undefined, ...about(members, macs, inputs), children: [] }
        : made(path, members, inputs);
    });
  };
  return made('', graph.nodes, inputsOf(graph.nodes, new Map()));
}

function about(
  nodes: readonly Node[],
  macs: number,
  inputs: readonly CostEdge[],
): Omit<CostNode, 'path' | 'typeName' | 'children'> {
  return {
    kinds: [...new Set(nodes.map(kindOf))],
    inputs,
    outputShape: nodes[nodes.length - 1].outputs[0].shape,
    ...partCost(nodes, macs),
  };
}

interface Group {
  /** Undefined for an op of the parent's own. */
  readonly path: string | undefined;
  readonly nodes: Node[];
}

/** Ops that run one after the other below the same child are one call of it. */
function split(parent: string, nodes: readonly Node[]): Group[] {
  const prefix = parent === '' ? 0 : parent.length + 1;
  const groups: Group[] = [];
  for (const node of nodes) {
    const { scope } = node;
    const dot = scope.indexOf('.', prefix);
    const path = scope === parent ? undefined : dot === -1 ? scope : scope.slice(0, dot);
    const last = groups.at(-1);
    if (path !== undefined && last?.path === path) last.nodes.push(node);
    else groups.push({ path, nodes: [node] });
  }
  return groups;
}

/** Tensors that ops read and others gave; `givers` tells which. */
function inputsOf(nodes: readonly Node[], givers: ReadonlyMap<Value, number>): CostEdge[] {
  const own = new Set(nodes.flatMap(({ outputs }) => outputs));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return [...read]
    .filter((value) => !own.has(value) && (value.role === 'computed' || value.role === 'input'))
    .map((value) => ({ from: givers.get(value), shape: value.shape, bytes: 4 * sizeOf(value.shape) }));
}

interface Call {
  readonly path: string;
  readonly typeName: string;
  readonly children: readonly Call[];
}

/** Modules that `forward` makes itself belong to no attribute; their calls have a type all the same. */
function callsOf(call: Call): [string, string][] {
  return [[call.path, call.typeName], ...call.children.flatMap(callsOf)];
}
