import { checkOptions } from '../base/options.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { computeGradients, gradientKinds, type GradientOptions, type InputData } from './gradients.ts';

/** How large the gradient of a layer's weights is. */
export interface LayerGradient {
  /** `layer1.0.conv2.weight`. */
  readonly parameter: string;
  /** Layers with weights from the input to this one, itself included, on the longest way: 50 for ResNet-50's classifier. */
  readonly depth: number;
  /** ‖d(loss)/d(weight)‖₂. */
  readonly norm: number;
  /** ‖weight‖₂: a step of learning rate η changes the weight by the share η · norm / weightNorm. */
  readonly weightNorm: number;
}

/** The results of `gradientNorms`. */
export interface GradientNorms {
  /** What is minimised: mean cross-entropy, if nothing else is asked for. */
  readonly loss: number;
  /** By depth, from the input on. Biases, norms and frozen weights are not among them. */
  readonly layers: readonly LayerGradient[];
}

/**
 * How large the gradients of a network's layers are, by depth, for one batch: whether they reach the first layers alike, vanish or grow on
 * their way back. Layers are convolutions and linear layers. Options, training mode and errors are those of `computeGradients`; the model
 * does not change.
 *
 *     const { layers } = await gradientNorms(model, { backend, input, target });
 *     const [first] = layers; // { parameter: 'conv1.weight', depth: 1, norm: 0.41, weightNorm: 5.6 }
 */
export async function gradientNorms(model: AnyModule, options: GradientOptions): Promise<GradientNorms> {
  checkModule('gradientNorms', 'the network', model);
  checkOptions('gradientNorms', options, gradientKinds, ['backend', 'input', 'target']);
  const { loss, gradients } = await computeGradients(model, options);
  const { graph } = trace(model, shapesOf(options.input), { training: true });
  return { loss, layers: layerGradients(weightedLayers(graph), gradients, model.stateDict()) };
}

function shapesOf(input: GradientOptions['input']): Parameters<typeof trace>[1] {
  if (isOne(input)) return input.shape;
  return Object.fromEntries(Object.entries(input).map(([name, { shape }]) => [name, shape]));
}

function isOne(input: GradientOptions['input']): input is InputData {
  return 'shape' in input && 'data' in input;
}

/** A layer with weights in a traced network. */
export type WeightedLayer = Pick<LayerGradient, 'parameter' | 'depth'>;

/** The weights of convolutions and linear layers, each where it is used first, by depth. */
export function weightedLayers({ nodes }: Graph): readonly WeightedLayer[] {
  const depths = new Map<Value, number>();
  const found = new Map<string, number>();
  for (const { inputs, outputs } of nodes) {
    const weights = inputs.filter(({ role, shape }) => role === 'parameter' && shape.length > 1);
    const before = inputs.reduce((most, input) => Math.max(most, depths.get(input) ?? 0), 0);
    const depth = before + Math.min(1, weights.length);
    for (const output of outputs) depths.set(output, depth);
    for (const { name } of weights) if (!found.has(name)) found.set(name, depth);
  }
  return [...found].map(([parameter, depth]) => ({ parameter, depth })).sort((a, b) => a.depth - b.depth);
}

/** Layers with the norms of what tensors hold under their names; without those that have no gradient. */
export function layerGradients(
  layers: readonly WeightedLayer[],
  gradients: StateDict,
  weights: StateDict,
): LayerGradient[] {
  return layers.flatMap(({ parameter, depth }) => {
    const norm = normOf(gradients, parameter);
    const weightNorm = normOf(weights, parameter);
    return norm === undefined || weightNorm === undefined ? [] : [{ parameter, depth, norm, weightNorm }];
  });
}

function normOf(tensors: StateDict, name: string): number | undefined {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F32') return undefined;
  let squares = 0;
  for (const value of tensor.data) squares += value ** 2;
  return Math.sqrt(squares);
}
