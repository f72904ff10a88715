import type { Graph, ScopeCall } from './graph.ts';
import { sizeOf, type Shape, type Value } from './value.ts';

/** One line of a summary: one call of a module. */
export interface SummaryRow {
  /** Attribute path from the root, empty for the root itself. */
  readonly path: string;
  readonly typeName: string;
  readonly depth: number;
  /** Counts the calls at this depth, from 1. */
  readonly index: number;
  /** Undefined for a container that is never called itself. */
  readonly outputShape: Shape | undefined;
  /** Elements of the parameters of this module and all below it. */
  readonly params: number;
  /** Elements of the parameters shown on this line: those that no line below shows. */
  readonly shownParams: number;
  /** Those of the shown ones that are not frozen. */
  readonly shownTrainableParams: number;
  /** True for a module that was called before; its parameters are counted there. */
  readonly recursive: boolean;
}

/**
 * What torchinfo 1.8 tells of a network, by its conventions: a mult-add is a multiply–accumulate or an addition of a bias,
 * for the whole batch, and batch norm counts its parameters once per picture; the size of a forward and backward pass is
 * twice the outputs of layers that have parameters; MB are 10⁶ bytes.
 */
export interface Summary {
  /** The lines down to `maxDepth`, in order of calls. */
  readonly rows: readonly SummaryRow[];
  readonly maxDepth: number;
  readonly totalParams: number;
  readonly trainableParams: number;
  readonly multAdds: number;
  readonly inputBytes: number;
  readonly forwardBackwardBytes: number;
  readonly paramBytes: number;
  readonly totalBytes: number;
  /** torchinfo's listing. */
  toString(): string;
}

export interface SummaryOptions {
  /** Levels of modules to list below the root. */
  readonly depth?: number;
  /** Class names of the network's modules by path, so that containers which are never called (`ModuleList`) get a line. */
  readonly typeNames?: ReadonlyMap<string, string>;
}

/** A call of a module, or a container around calls. */
interface Call {
  readonly path: string;
  readonly typeName: string;
  readonly outputShape: Shape | undefined;
  readonly children: readonly Call[];
}

/** A call with what was counted for it. */
interface Line {
  readonly row: SummaryRow;
  readonly leaf: boolean;
  readonly multAdds: number;
  readonly outputBytes: number;
}

/** Summarises the calls recorded in `graph`, whose input is `input`, down to `depth` levels below the root. */
export function summarize(
  graph: Graph,
  input: Value,
  { depth = 3, typeNames = new Map() }: SummaryOptions = {},
): Summary {
  const lines = graph.root === undefined ? [] : collect(graph, withContainers(graph.root, typeNames), depth);
  const total = (count: (line: Line) => number) => lines.reduce((sum, line) => sum + count(line), 0);
  const parameters = parametersOf(graph);
  const totalParams = sum(parameters);
  const inputBytes = 4 * sizeOf(input.shape);
  const forwardBackwardBytes = total(({ outputBytes }) => 2 * outputBytes);
  const paramBytes = 4 * totalParams;
  const summary = {
    rows: lines.map(({ row }) => row).filter((row) => row.depth <= depth),
    maxDepth: depth,
    totalParams,
    trainableParams: sum(parameters.filter(isTrainable)),
    multAdds: total(({ multAdds }) => multAdds),
    inputBytes,
    forwardBackwardBytes,
    paramBytes,
    totalBytes: inputBytes + forwardBackwardBytes + paramBytes,
  };
  const nameWidth = widthOfNames(lines.map(({ row }) => row));
  return { ...summary, toString: () => render(summary, nameWidth) };
}

/** Puts consecutive calls that share a container between their caller and them under a call of that container. */
function withContainers(call: ScopeCall, typeNames: ReadonlyMap<string, string>): Call {
  const nest = (parent: string, calls: readonly ScopeCall[]): Call[] => {
    const groups: { container: string | undefined; calls: ScopeCall[] }[] = [];
    for (const child of calls) {
      const container = containerOf(parent, child.path);
      const last = groups.at(-1);
      if (container !== undefined && last?.container === container) last.calls.push(child);
      else groups.push({ container, calls: [child] });
    }
    return groups.flatMap(({ container, calls: members }) => {
      if (container === undefined) return members.map((member) => withContainers(member, typeNames));
      const typeName = typeNames.get(container);
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

function collect(graph: Graph, root: Call, maxDepth: number): Line[] {
  const parameters = byScope(parametersOf(graph));
  const lines: Line[] = [];
  const callsAt: number[] = [];
  const seen = new Set<string>();

  const visit = (call: Call, depth: number) => {
    callsAt[depth] = (callsAt[depth] ?? 0) + 1;
    const below = parameters.get(call.path) ?? [];
    const leaf = call.children.length === 0;
    const recursive = seen.has(call.path);
    seen.add(call.path);
    const childPaths = new Set(call.children.map(({ path }) => path));
    const inChildren = (name: string) => scopesOf(name).some((scope) => childPaths.has(scope));
    const params = sum(below);
    const own = leaf || depth === maxDepth ? below : below.filter(({ name }) => !inChildren(name));
    lines.push({
      row: {
        path: call.path,
        typeName: call.typeName,
        depth,
        index: callsAt[depth],
        outputShape: call.outputShape,
        params,
        shownParams: sum(own),
        shownTrainableParams: sum(own.filter(isTrainable)),
        recursive,
      },
      leaf,
      multAdds: leaf ? multAddsOf(call, below) : 0,
      outputBytes: leaf && params > 0 ? 4 * sizeOf(call.outputShape ?? []) : 0,
    });
    for (const child of call.children) visit(child, depth + 1);
  };
  visit(root, 0);
  return lines;
}

/** The parameters at or below each module, by its path. */
function byScope(parameters: readonly Value[]): ReadonlyMap<string, Value[]> {
  const found = new Map<string, Value[]>();
  for (const parameter of parameters) {
    for (const scope of scopesOf(parameter.name)) {
      const known = found.get(scope);
      if (known === undefined) found.set(scope, [parameter]);
      else known.push(parameter);
    }
  }
  return found;
}

/** Paths of the modules that a parameter belongs to, the root's '' among them: `a.b.weight` → '', 'a', 'a.b'. */
function scopesOf(name: string): string[] {
  const parts = name.split('.');
  return parts.map((_, index) => parts.slice(0, index).join('.'));
}

/** torchinfo: a convolution's parameters work once per output pixel, any other layer's once per picture. */
function multAddsOf({ typeName, outputShape = [] }: Call, parameters: readonly Value[]): number {
  const [pictures = 0, , ...pixels] = outputShape;
  return sum(parameters) * pictures * (typeName.includes('Conv') ? sizeOf(pixels) : 1);
}

function parametersOf(graph: Graph): Value[] {
  return graph.values.filter(({ role }) => role === 'parameter');
}

function isTrainable({ frozen }: Value): boolean {
  return frozen !== true;
}

function sum(values: readonly Value[]): number {
  return values.reduce((total, { shape }) => total + sizeOf(shape), 0);
}

const columnWidth = 25;

function render(summary: Omit<Summary, 'toString'>, nameWidth: number): string {
  const { rows, totalParams, trainableParams } = summary;
  const line = (name: string, shape: string, params: string) =>
    `${name.padEnd(nameWidth)} ${shape.padEnd(columnWidth)} ${params}`.trimEnd();
  const divider = '='.repeat(nameWidth + 2 * columnWidth);
  const [multAdds, unit] = readable(summary.multAdds);
  return [
    divider,
    line('Layer (type:depth-idx)', 'Output Shape', 'Param #'),
    divider,
    ...rows.map((row) =>
      line(
        branch(row.depth) + title(row),
        row.outputShape === undefined ? '--' : `[${row.outputShape.join(', ')}]`,
        shown(row),
      ),
    ),
    divider,
    `Total params: ${thousands(totalParams)}`,
    `Trainable params: ${thousands(trainableParams)}`,
    `Non-trainable params: ${thousands(totalParams - trainableParams)}`,
    `Total mult-adds (${unit}): ${multAdds}`,
    divider,
    `Input size (MB): ${megabytes(summary.inputBytes)}`,
    `Forward/backward pass size (MB): ${megabytes(summary.forwardBackwardBytes)}`,
    `Params size (MB): ${megabytes(summary.paramBytes)}`,
    `Estimated Total Size (MB): ${megabytes(summary.totalBytes)}`,
    divider,
  ].join('\n');
}

function branch(depth: number): string {
  if (depth === 0) return '';
  return depth === 1 ? '├─' : `${'│    '.repeat(depth - 1)}└─`;
}

function title({ typeName, depth, index }: SummaryRow): string {
  return depth === 0 ? typeName : `${typeName}: ${depth}-${index}`;
}

/** In parentheses if all of them are frozen. */
function shown({ params, shownParams, shownTrainableParams, recursive }: SummaryRow): string {
  if (params === 0) return '--';
  if (recursive) return '(recursive)';
  if (shownParams === 0) return '--';
  return shownTrainableParams === 0 ? `(${thousands(shownParams)})` : thousands(shownParams);
}

/** 40 columns, or the next multiple of 5 that holds the longest line, shown or not. */
function widthOfNames(rows: readonly SummaryRow[]): number {
  const longest = Math.max(0, ...rows.map((row) => 5 * row.depth + 1 + title(row).length));
  return longest < 40 ? 40 : Math.ceil(longest / 5) * 5;
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}

function readable(count: number): [string, string] {
  if (count >= 1e12) return [(count / 1e12).toFixed(2), 'T'];
  if (count >= 1e9) return [(count / 1e9).toFixed(2), 'G'];
  return [(count / 1e6).toFixed(2), 'M'];
}
