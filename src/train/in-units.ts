import { CardinalError } from '../base/errors.ts';
import type { StateDict, TensorData } from '../base/tensor-data.ts';
import type { Recipe } from './recipe.ts';

/** Of each number its mean and standard deviation, and the path of the layer that gives them. */
export interface Standardized {
  readonly layer: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Weights whose numbers are in the data's units. */
export function inUnits(state: StateDict, { loss }: Pick<Recipe, 'loss'>): StateDict {
  const standardized = standardizedBy(loss);
  return standardized === undefined ? state : scaled(state, standardized);
}

/** What the loss of a recipe says of its numbers. */
export function standardizedBy(loss: Recipe['loss']): Standardized | undefined {
  return loss?.kind === 'mse' && loss.standardized !== false ? loss.standardized : undefined;
}

/** One of the layer's tensors with its numbers in the data's units; undefined for any other tensor. */
export function tensorInUnits(
  name: string,
  { shape, data }: Pick<TensorData, 'shape' | 'data'>,
  { layer, mean, std }: Standardized,
): Float32Array<ArrayBuffer> | undefined {
  if (!(data instanceof Float32Array)) return undefined;
  const isBias = name === nameIn(layer, 'bias');
  if (!isBias && name !== nameIn(layer, 'weight')) return undefined;
  const width = data.length / std.length;
  if (shape[0] !== std.length || (isBias && width !== 1)) {
    throw new CardinalError(`${name}: expected ${std.length} rows, one for each number, got ${shape[0]}`);
  }
  return Float32Array.from(data, (value, at) => {
    const k = Math.floor(at / width);
    return value * std[k] + (isBias ? mean[k] : 0);
  });
}

/** A state whose layer gives its numbers times std plus mean. */
export function scaled(state: StateDict, standardized: Standardized): StateDict {
  const { layer } = standardized;
  for (const name of ['weight', 'bias'].map((tensor) => nameIn(layer, tensor))) {
    if (!state.has(name))
      throw new CardinalError(`\`loss\`: expected a layer with '${name}' that gives the numbers`);
  }
  return new Map(
    [...state].map(([name, tensor]) => {
      const data = tensorInUnits(name, tensor, standardized);
      return [name, data === undefined ? tensor : { dtype: 'F32', shape: tensor.shape, data }];
    }),
  );
}

/** The path of one of a layer's tensors. */
export function nameIn(layer: string, tensor: string): string {
  return layer === '' ? tensor : `${layer}.${tensor}`;
}
