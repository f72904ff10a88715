import { toChannelsLast } from '../../../src/backends/channels-last.ts';
import type { Tensor } from '../../../src/backends/reference/kernel.ts';
import { kernels } from '../../../src/backends/reference/kernels.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { OpName } from '../../../src/graph/op-table.ts';
import type { Node, NodeOf } from '../../../src/graph/node.ts';
import type { Value } from '../../../src/graph/value.ts';
import { trace, type Module, type Trace } from '../../../src/nn/index.ts';

/**
 * A network as it was traced, without any pass, computed by the reference's loops in double precision: they round to floats only where
 * they store, and here they store doubles. Numbers lie channels-last.
 */
export class Doubles {
  readonly #trace: Trace;
  readonly #values = new Map<Value, Float64Array>();

  /** Computes all of it. `input` is in PyTorch's order. */
  constructor(model: Module, shape: readonly number[], input: Float32Array) {
    this.#trace = trace(model, shape, { training: false });
    const state = model.stateDict();
    for (const value of this.#trace.graph.values) {
      if (value.role === 'computed') continue;
      const data = value.role === 'input' ? input : state.get(value.name)?.data;
      if (!(data instanceof Float32Array)) throw new Error(`no numbers for ${value.name}`);
      this.#values.set(value, Float64Array.from(toChannelsLast(data, value.shape)));
    }
    this.#run(0);
  }

  /** What the last node under a module's path gave. */
  at(path: string): { readonly shape: readonly number[]; readonly data: Float64Array } {
    const [value] = this.#nodeAt(path).outputs;
    return { shape: value.shape, data: this.#of(value) };
  }

  /** What the linear layer at a path reads. */
  readBy(path: string): Float64Array {
    return this.#of(this.#nodeAt(path).inputs[0]);
  }

  get logits(): Float64Array {
    return this.#of(this.#trace.output);
  }

  /**
   * The slope of a logit as all places of one channel of what the module at `path` gave rise together, by central differences: the sum
   * of the gradient over the channel, which is there even where the largest of several equal places is taken.
   */
  slopesAt(path: string, label: number): Float64Array {
    const { outputs } = this.#nodeAt(path);
    const after = this.#trace.graph.nodes.findIndex((node) => node.outputs === outputs) + 1;
    const values = this.#of(outputs[0]);
    const kept = values.slice();
    const [, channels] = outputs[0].shape;
    const step = 1e-6;
    const logitWith = (channel: number, change: number): number => {
      values.forEach((_, i) => (values[i] = kept[i] + (i % channels === channel ? change : 0)));
      this.#run(after);
      return this.logits[label];
    };
    return Float64Array.from(
      { length: channels },
      (_, channel) => (logitWith(channel, step) - logitWith(channel, -step)) / (2 * step),
    );
  }

  #nodeAt(path: string): Node {
    const node = this.#trace.graph.nodes.findLast(
      ({ scope }) => scope === path || scope.startsWith(`${path}.`),
    );
    if (node === undefined) throw new Error(`nothing is computed at ${path}`);
    return node;
  }

  #of(value: Value): Float64Array {
    const values = this.#values.get(value);
    if (values === undefined) throw new Error(`${value.name} was not computed`);
    return values;
  }

  #run(from: number): void {
    for (const node of this.#trace.graph.nodes.slice(from)) {
      for (const output of node.outputs) this.#values.set(output, new Float64Array(sizeOf(output.shape)));
      const tensor = (value: Value): Tensor => ({
        shape: value.shape,
        // Loops that only read and store numbers do not mind of which size they are.
        data: this.#of(value) as unknown as Float32Array,
      });
      const inputs = node.inputs.map(tensor);
      const outputs = node.outputs.map(tensor);
      // The one loop that makes floats of what it moves.
      if (node.op === 'flatten') flatten(inputs[0], outputs[0]);
      else compute(node, inputs, outputs);
    }
  }
}

function compute<K extends OpName>(
  node: NodeOf<K>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  kernels[node.op](node.attrs, inputs, outputs);
}

/** N×H×W×C as N×(C·H·W). */
function flatten({ shape: [, channels, height = 1, width = 1], data }: Tensor, { data: flat }: Tensor): void {
  const places = height * width;
  data.forEach((value, i) => {
    const place = Math.floor(i / channels);
    const picture = Math.floor(place / places);
    flat[(picture * channels + (i % channels)) * places + (place % places)] = value;
  });
}
