import { inputShape, checkOptions, type Kinds } from '../base/options.ts';
import { costBreakdown, type CostBreakdown } from './breakdown.ts';
import { multAddsOf } from './conventions.ts';
import type { ScopeCall } from '../graph/graph.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import type { Parameter } from '../nn/parameter.ts';
import { render, type Summary, type SummaryRow } from './summary-listing.ts';
import { trace } from '../nn/trace.ts';

/** What to list, and for which input. */
export interface SummaryOptions {
  /** N×C×H×W (or N×F). */
  readonly inputSize: Shape;
  /** Levels of modules to list below the root. */
  readonly depth?: number;
}

const kinds: Kinds<SummaryOptions> = {
  inputSize: inputShape,
  depth: {
    expected: 'a whole number of at least 0, or Infinity',
    is: (value) => value === Infinity || (Number.isInteger(value) && Number(value) >= 0),
  },
};

/**
 * Lists a network as torchinfo's `summary` does: every call of a module with its output shape and parameters, then
 * totals. Nothing is computed or allocated. Print the result, or read its fields. Throws a `UsageError` without an
 * `inputSize`.
 */
export function summary(model: Module, options: SummaryOptions): Summary {
  const { inputSize, depth = 3 } = checked('summary', model, options);
  const { graph, input } = trace(model, inputSize, { training: false });
  const modules = new Map(model.namedModules());
  const lines = graph.root === undefined ? [] : collect(withContainers(graph.root, modules), modules, depth);
  const parameters = model.parameters();
  const totalParams = sum(parameters);
  const inputBytes = 4 * sizeOf(input.shape);
  const forwardBackwardBytes = lines.reduce((total, { outputBytes }) => total + 2 * outputBytes, 0);
  const paramBytes = 4 * totalParams;
  const rows = lines.map(({ row }) => row);
  const result = {
    rows: rows.filter((row) => row.depth <= depth),
    maxDepth: depth,
    totalParams,
    trainableParams: sum(parameters.filter(isTrained)),
    multAdds: multAddsOf(graph),
    inputBytes,
    forwardBackwardBytes,
    paramBytes,
    totalBytes: inputBytes + forwardBackwardBytes + paramBytes,
  };
  return { ...result, toString: () => render(result, rows) };
}

/**
 * A network's cost in detail: MACs, their share, activations and bytes of every layer (down to `depth` levels of modules)
 * and every kind of op, and the totals by the conventions of other tools. Nothing is computed or allocated. For the batch
 * of `inputSize`, in evaluation mode.
 */
export function costSummary(model: Module, options: SummaryOptions): CostBreakdown {
  const { inputSize, depth = 3 } = checked('costSummary', model, options);
  return costBreakdown(trace(model, inputSize, { training: false }), { depth });
}

function checked(what: string, model: Module, options: SummaryOptions): SummaryOptions {
  checkModule(what, 'the network', model);
  checkOptions(what, options, kinds, ['inputSize']);
  sizes(what, 'inputSize', options.inputSize, 'N×C×H×W');
  return options;
}

type Modules = ReadonlyMap<string, Module>;

/** A call of a module, or a container around calls. */
interface Call {
  readonly path: string;
  readonly typeName: string;
  readonly outputShape?: Shape | undefined;
  readonly children: readonly Call[];
}

/** A call with what was counted for it. */
interface Line {
  readonly row: SummaryRow;
  readonly outputBytes: number;
}

/** Puts consecutive calls that share a container between their caller and them under a call of that container. */
function withContainers(call: ScopeCall, modules: Modules): Call {
  const nest = (parent: string, calls: readonly ScopeCall[]): Call[] => {
    const groups: { container: string | undefined; calls: ScopeCall[] }[] = [];
    for (const child of calls) {
      const container = containerOf(parent, child.path);
      const last = groups.at(-1);
      if (container !== undefined && last?.container === container) last.calls.push(child);
      else groups.push({ container, calls: [child] });
    }
    return groups.flatMap(({ container, calls: members }) => {
      if (container === undefined) return members.map((member) => withContainers(member, modules));
      const typeName = modules.get(container)?.typeName;
      const children = nest(container, members);
      return typeName === undefined
        ? children
        : [{ path: container, typeName, outputShape: undefined, children }];
    });
  };
  return { ...call, children: nest(call.path, call.children) };
}

/** `blocks` for the child `blocks.0` of the root, undefined for the child `conv1`. */
function containerOf(parent: string, child: string): string | undefined {
  const prefix = parent === '' ? '' : `${parent}.`;
  if (!child.startsWith(prefix)) return undefined;
  const dot = child.indexOf('.', prefix.length);
  return dot === -1 ? undefined : child.slice(0, dot);
}

function collect(root: Call, modules: Modules, maxDepth: number): Line[] {
  const lines: Line[] = [];
  const callsAt: number[] = [];
  const seen = new Set<string>();
  const listed = modulesOf(root, modules);

  const visit = (call: Call, depth: number) => {
    callsAt[depth] = (callsAt[depth] ?? 0) + 1;
    const recursive = seen.has(call.path);
    seen.add(call.path);
    // A module that forward makes itself belongs to no attribute, and has no parameters.
    const module = modules.get(call.path);
    const all = module?.parameters() ?? [];
    const own = depth === maxDepth || module === undefined ? all : withoutListed(module, all, listed);
    const params = sum(all);
    const isLeaf = module?.children().length === 0;
    lines.push({
      row: {
        path: call.path,
        typeName: call.typeName,
        depth,
        index: callsAt[depth],
        outputShape: call.outputShape,
        params,
        shownParams: sum(own),
        shownTrainableParams: sum(own.filter(isTrained)),
        recursive,
      },
      outputBytes: isLeaf && params > 0 ? 4 * sizeOf(call.outputShape ?? [0]) : 0,
    });
    for (const child of call.children) visit(child, depth + 1);
  };
  visit(root, 0);
  return lines;
}

/** The modules that have a line of their own. */
function modulesOf(call: Call, modules: Modules): Set<Module> {
  const own = modules.get(call.path);
  const below = call.children.flatMap((child) => [...modulesOf(child, modules)]);
  return new Set(own === undefined ? below : [own, ...below]);
}

/** Those of a module's parameters that belong to no listed module below it: its own, and those of modules never called. */
function withoutListed(
  module: Module,
  parameters: readonly Parameter[],
  listed: ReadonlySet<Module>,
): Parameter[] {
  const below = module.modules().filter((one) => one !== module && listed.has(one));
  const elsewhere = new Set(below.flatMap((one) => one.parameters()));
  return parameters.filter((parameter) => !elsewhere.has(parameter));
}

function isTrained({ requiresGrad }: Parameter): boolean {
  return requiresGrad;
}

function sum(parameters: readonly Parameter[]): number {
  return parameters.reduce((total, { size }) => total + size, 0);
}
