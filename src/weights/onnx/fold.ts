import { f32, type StateDict } from '../../base/tensor-data.ts';
import type { Node, NodeOf } from '../../graph/node.ts';
import { sizeOf } from '../../base/shape.ts';
import type { Value } from '../../graph/value.ts';
import type { Trace } from '../../nn/trace.ts';

/** A convolution that absorbs the batch norm behind it. */
export interface Fold {
  readonly conv: NodeOf<'conv2d'>;
  readonly norm: NodeOf<'batch_norm_inference'>;
  /** What the bias is called: the convolution's own, or as PyTorch would call one. */
  readonly bias: string;
}

/**
 * The convolutions whose result goes into a batch norm and nowhere else. One that shares its weights with another stays
 * as it is, because each would need its own.
 */
export function findFolds({ graph, output }: Trace): readonly Fold[] {
  const users = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    for (const value of node.inputs) users.set(value, [...(users.get(value) ?? []), node]);
  }
  const names = new Set(graph.values.map(({ name }) => name));
  return graph.nodes.flatMap((conv) => {
    if (conv.op !== 'conv2d' || conv.attrs.activation !== 'none' || conv.attrs.residual) return [];
    const [y] = conv.outputs;
    const usersOfResult = users.get(y) ?? [];
    const norm = usersOfResult.at(0);
    if (usersOfResult.length !== 1 || norm?.op !== 'batch_norm_inference' || norm.inputs[0] !== y) return [];
    const weights = conv.inputs.slice(1);
    if (y === output || weights.some((value) => users.get(value)?.length !== 1)) return [];
    const bias = weights.at(1)?.name ?? weights[0].name.replace(/weight$/, 'bias');
    if (!conv.attrs.bias && names.has(bias)) return [];
    return [{ conv, norm, bias }];
  });
}

/**
 * w·γ/√(var + ε) and (bias − mean)·γ/√(var + ε) + β, under the names that the convolution's weight and bias have.
 * Computed in double precision and rounded once.
 */
export function foldTensors({ conv, norm, bias }: Fold, numbers: (name: string) => Float32Array): StateDict {
  const [, w, ownBias] = conv.inputs;
  const [gamma, beta, mean, variance] = norm.inputs.slice(1, 5).map(({ name }) => numbers(name));
  const offset = conv.attrs.bias ? numbers(ownBias.name) : new Float32Array(gamma.length);
  const scale = Float64Array.from(gamma, (value, k) => value / Math.sqrt(variance[k] + norm.attrs.eps));
  const perChannel = sizeOf(w.shape.slice(1));
  const weight = numbers(w.name).map((value, i) => value * scale[Math.floor(i / perChannel)]);
  const shift = Float32Array.from(scale, (factor, k) => (offset[k] - mean[k]) * factor + beta[k]);
  return new Map([
    [w.name, f32(w.shape, weight)],
    [bias, f32([shift.length], shift)],
  ]);
}
