import type { Backend, Order } from '../backends/backend.ts';
import { abortSignal, checkOptions, texts, type Kinds } from '../base/options.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { sizeOf } from '../base/shape.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { layerValue, layerValues } from '../nn/layer-values.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { planWithin } from '../plan/fit.ts';
import { planValues } from '../plan/plan-values.ts';
import { backendKind, checkFloats } from './arguments.ts';
import type { Output } from './compile.ts';
import type { InputData } from './gradients.ts';
import { loadWith } from './load-with.ts';

/** Which layers, of what, and the device that computes. */
export interface ActivationsOptions {
  /** Paths of modules: `layer3.2.conv2`, or `layer1.0.relu#1` for the first of several calls. */
  readonly layers: readonly string[];
  /** Pictures N×C×H×W, in PyTorch's order. */
  readonly input: InputData;
  readonly backend: Backend;
  /** Rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const kinds: Kinds<ActivationsOptions> = {
  layers: { ...texts, expected: 'an array of module paths' },
  input: {
    expected: 'pictures { shape, data }',
    is: (value) => typeof value === 'object' && value !== null && 'shape' in value && 'data' in value,
  },
  backend: backendKind,
  signal: abortSignal,
};

/**
 * What layers give for pictures, in evaluation mode: feature maps N×C×H×W of a convolution or a block, in PyTorch's order, as forward hooks
 * get them. A layer is named by its module's path; of one that `forward` calls several times it is the last call, and `path#1`, `path#2`, …
 * are each. Nothing is fused, so that a convolution's value is its own and not that of the norm behind it. What the layers do not need is
 * not computed. The model does not change.
 *
 *     const { 'layer3.2.conv2': maps } = await activations(model, { layers: ['layer3.2.conv2'], input, backend });
 *
 * @throws {UsageError} if there is no such layer (the nearest are named), or the input is not pictures.
 * @throws {CardinalError} if the layers' values do not fit into the backend's memory.
 */
export async function activations(
  model: AnyModule,
  options: ActivationsOptions,
): Promise<Readonly<Record<string, Output>>> {
  checkModule('activations', 'the network', model);
  checkOptions('activations', options, kinds, ['layers', 'input', 'backend']);
  const { layers, input, backend, signal } = options;
  sizes('activations', "the input's shape", input.shape, 'N×C×H×W');
  checkFloats('activations', "the input's data", input.data, sizeOf(input.shape));
  const name = model.displayName ?? model.typeName;
  const { graph } = trace(model, input.shape, { training: false });
  const state = () => Promise.resolve(model.stateDict());
  return layersOf({ name, graph, backend, signal, state }, input.data, layers);
}

/** A traced network, and what computes it. */
export interface Traced {
  readonly name: string;
  readonly graph: Graph;
  readonly backend: Backend;
  /** The tensors of these names at least. */
  readonly state: (names: readonly string[]) => Promise<StateDict>;
  readonly signal?: AbortSignal | undefined;
}

/** What layers of a traced network give for an input, both in PyTorch's order. */
export async function layersOf(
  traced: Traced,
  input: Float32Array,
  layers: readonly string[],
): Promise<Readonly<Record<string, Output>>> {
  const values = layerValues(traced.graph);
  const wanted = layers.map((layer) => layerValue('activations', values, layer));
  const read = await valuesOf(traced, input, wanted);
  return Object.fromEntries(layers.map((layer, at) => [layer, { shape: wanted[at].shape, data: read[at] }]));
}

/** Values of a traced network for an input, all in one order of elements. The program is there only meanwhile. */
export async function valuesOf(
  { name, graph, backend, state, signal }: Traced,
  input: Float32Array,
  wanted: readonly Value[],
  order: Order = 'contiguous',
): Promise<Float32Array[]> {
  const computed = [...new Set(wanted)].filter(({ role }) => role === 'computed');
  const results = new Map<Value, Float32Array>();
  if (computed.length > 0) {
    const [first] = graph.values;
    const plan = planWithin(backend, `${name}: its layers`, first.shape, () =>
      planValues(graph, computed, backend, name),
    );
    const tensors = plan.buffers.filter(({ role }) => role === 'parameter' || role === 'buffer');
    const program = await loadWith(backend, plan, await state(tensors.map((tensor) => tensor.name)));
    try {
      signal?.throwIfAborted();
      for (const buffer of plan.buffers)
        if (buffer.role === 'input') program.write(buffer.name, input, order);
      await program.run('forward');
      const read = await program.read(
        computed.map((value) => value.name),
        order,
      );
      computed.forEach((value, index) => results.set(value, read[index]));
    } finally {
      await program.dispose();
    }
  }
  // A layer that gives back what it was given, at the beginning of a network.
  return wanted.map((value) => results.get(value) ?? input.slice());
}
