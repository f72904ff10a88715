import { CardinalError } from '../base/errors.ts';
import { ops } from './ops/index.ts';
import type { Node } from './node.ts';
import type { Recorder } from './op.ts';
import type { OpName, OpTable } from './op-table.ts';
import type { Role, Shape, Value } from './value.ts';

/** A call of a module during tracing: what `summary` prints a line for. */
export interface ScopeCall {
  /** Attribute path from the root, e.g. `layer1.0.conv2`; empty for the root. */
  readonly path: string;
  /** Class name of the module (`Conv2d`). */
  readonly typeName: string;
  readonly depth: number;
  /** What it gave, of several values the main one, and its shape; undefined while it runs. */
  output?: Value;
  outputShape?: Shape;
  readonly children: ScopeCall[];
}

/**
 * A recorded computation. Nodes are in an order in which they can run, because each can only use values that exist.
 * Passes read a graph and append to it or build a new one; they never reorder in place.
 */
export class Graph implements Recorder<OpTable> {
  readonly values: Value[] = [];
  readonly nodes: Node[] = [];
  /** The root module's call, filled by `trace`. */
  root: ScopeCall | undefined;
  #scope: ScopeCall | undefined;
  readonly #names = new Set<string>();

  input(name: string, shape: Shape): Value {
    return this.#value(name, shape, 'input');
  }

  parameter(name: string, shape: Shape, { frozen = false }: Pick<Value, 'frozen'> = {}): Value {
    return this.#value(name, shape, 'parameter', { frozen });
  }

  buffer(name: string, shape: Shape): Value {
    return this.#value(name, shape, 'buffer');
  }

  /** Whether it is one of this graph's values. */
  owns(value: unknown): value is Value {
    if (typeof value !== 'object' || value === null || !('id' in value)) return false;
    return typeof value.id === 'number' && this.values[value.id] === value;
  }

  /**
   * Records one op and gives its outputs. `names` names the first outputs; those without are named after op and node.
   * Throws a `CardinalError` from the op's shape rule, with the module's path in front.
   */
  apply<K extends OpName>(
    op: K,
    inputs: readonly Value[],
    attrs: OpTable[K],
    names: string | readonly string[] = [],
  ): readonly Value[] {
    const scope = this.#scope?.path ?? '';
    const shapes = inferShapes(
      op,
      inputs.map((value) => value.shape),
      attrs,
      scope,
    );
    const id = this.nodes.length;
    const outputs: Value[] = [];
    // The one place where `op` and `attrs`, checked together above, become a member of the union.
    const node = { id, op, attrs, inputs, outputs, scope } as unknown as Node;
    shapes.forEach((shape, index) => {
      const given = typeof names === 'string' ? [names] : names;
      const fallback = `${op}_${id}${index === 0 ? '' : `.${index}`}`;
      outputs.push(this.#value(given[index] ?? fallback, shape, 'computed'));
    });
    this.nodes.push(node);
    return outputs;
  }

  /** `apply` for ops with one output. */
  apply1<K extends OpName>(op: K, inputs: readonly Value[], attrs: OpTable[K], name?: string): Value {
    return this.apply(op, inputs, attrs, name)[0];
  }

  /** Runs `body` with nodes recorded under the path of a module that another graph traced; for passes that copy graphs. */
  atPath<T>(path: string, body: () => T): T {
    const outer = this.#scope;
    this.#scope = { path, typeName: '', depth: 0, children: [] };
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  /** Runs `body` with nodes recorded under a module's name; `mainOf` gives the value to show for its result. */
  withScope<T>(segment: string, typeName: string, body: () => T, mainOf: (result: T) => Value): T {
    const parent = this.#scope;
    const path = parent === undefined || parent.path === '' ? segment : `${parent.path}.${segment}`;
    const call: ScopeCall = {
      path,
      typeName,
      depth: parent === undefined ? 0 : parent.depth + 1,
      children: [],
    };
    if (parent === undefined) this.root = call;
    else parent.children.push(call);
    this.#scope = call;
    try {
      const result = body();
      call.outputShape = (call.output = mainOf(result)).shape;
      return result;
    } finally {
      this.#scope = parent;
    }
  }

  #value(wanted: string, shape: Shape, role: Role, rest: Pick<Value, 'frozen'> = {}): Value {
    if (role !== 'computed' && this.#names.has(wanted)) {
      throw new CardinalError(`graph: expected one ${role} called ${wanted}, got a second; reuse its value`);
    }
    let name = wanted;
    for (let again = 2; this.#names.has(name); again++) name = `${wanted}~${again}`;
    this.#names.add(name);
    const value: Value = { id: this.values.length, name, shape, role, ...rest };
    this.values.push(value);
    return value;
  }
}

function inferShapes<K extends OpName>(
  op: K,
  shapes: readonly Shape[],
  attrs: OpTable[K],
  scope: string,
): readonly Shape[] {
  try {
    return ops[op].infer(shapes, attrs);
  } catch (error) {
    if (scope !== '' && error instanceof Error && !error.message.startsWith(scope)) {
      error.message = `${scope}: ${error.message}`;
    }
    throw error;
  }
}
