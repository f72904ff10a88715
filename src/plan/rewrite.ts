import type { Graph } from '../graph/graph.ts';
import type { Node } from '../graph/node.ts';
import type { Value } from '../graph/value.ts';

/** Who uses each value: what a pass asks before it may merge two nodes. */
export class Uses {
  readonly #consumers = new Map<Value, Node[]>();
  readonly #kept: ReadonlySet<Value>;

  constructor(nodes: readonly Node[], kept: readonly Value[]) {
    this.#kept = new Set(kept);
    for (const node of nodes) {
      for (const input of node.inputs) {
        const consumers = this.#consumers.get(input);
        if (consumers === undefined) this.#consumers.set(input, [node]);
        else consumers.push(node);
      }
    }
  }

  /** The only node that uses `value`, if there is exactly one use and nobody outside wants the value. */
  soleConsumer(value: Value): Node | undefined {
    const consumers = this.#consumers.get(value) ?? [];
    return consumers.length === 1 && !this.#kept.has(value) ? consumers[0] : undefined;
  }
}

/** Copies values of one graph into another as a pass walks it. */
export class ValueMap {
  readonly #mapped = new Map<Value, Value>();
  readonly #target: Graph;

  constructor(target: Graph) {
    this.#target = target;
  }

  set(from: Value, to: Value): void {
    this.#mapped.set(from, to);
  }

  /** The copy of `value`; inputs, parameters and buffers are declared in the target when first asked for. */
  get(value: Value): Value {
    const known = this.#mapped.get(value);
    if (known !== undefined) return known;
    if (value.role === 'computed') throw new Error(`plan: ${value.name} is used before it is computed`);
    const copy = this.#target[value.role](value.name, value.shape, value);
    this.#mapped.set(value, copy);
    return copy;
  }

  all(values: readonly Value[]): Value[] {
    return values.map((value) => this.get(value));
  }

  /** Records `node` in the target as it is, with its inputs replaced by their copies. */
  copy(node: Node): void {
    const outputs = this.#target.atPath(node.scope, () =>
      this.#target.apply(
        node.op,
        this.all(node.inputs),
        node.attrs,
        node.outputs.map((output) => output.name),
      ),
    );
    node.outputs.forEach((output, index) => {
      this.set(output, outputs[index]);
    });
  }
}
