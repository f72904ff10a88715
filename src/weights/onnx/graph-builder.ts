import type { OnnxAttributes, OnnxNode, OnnxNumbers, OnnxTensor } from './model.ts';

/** Collects the nodes and tensors of an ONNX graph, and gives names as PyTorch's exporter does. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly #tensors = new Map<string, OnnxTensor>();
  readonly #taken = new Map<string, number>();

  get initializers(): readonly OnnxTensor[] {
    return [...this.#tensors.values()];
  }

  /**
   * Appends a node and gives its output's name, `output` or one made of the node's. The node is called after the module
   * that it comes from, `layer1.0.conv2` → `/layer1/0/conv2/Conv`; if there are more, the next is `…/Conv_1`.
   */
  node(
    path: string,
    op: string,
    inputs: readonly string[],
    attributes: OnnxAttributes = {},
    output?: string,
  ): string {
    const name = this.#unique(within(path, op));
    const result = output ?? `${name}_output_0`;
    this.nodes.push({ name, op, inputs, output: result, attributes });
    return result;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** A tensor that the file holds, under its own name; gives that name. */
  tensor(name: string, dims: readonly number[], data: OnnxNumbers): string {
    this.#tensors.set(name, { name, dims, data });
    return name;
  }

  /** A constant that belongs to a module: gives the name that was made for it. */
  constant(path: string, what: string, dims: readonly number[], data: OnnxNumbers): string {
    return this.tensor(this.#unique(within(path, what)), dims, data);
  }

  #unique(wanted: string): string {
    const count = this.#taken.get(wanted) ?? 0;
    this.#taken.set(wanted, count + 1);
    return count === 0 ? wanted : `${wanted}_${count}`;
  }
}

/** A name below a module's, which is empty for the whole network. */
function within(path: string, name: string): string {
  return `/${[...path.split('.'), name].filter((part) => part !== '').join('/')}`;
}
