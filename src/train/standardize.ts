import type { Batch, Dataset } from '../data/dataset.ts';
import type { AnyModule } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { nameIn, scaled, standardizedBy, type Standardized } from './in-units.ts';
import type { InferenceNetwork } from './inference-network.ts';
import type { Recipe } from './recipe.ts';

/*
 * Networks learn numbers as (y − mean) / std of the training rows. Mean and deviation are in the recipe's loss, and `best.safetensors` has
 * them in its last layer, times std plus mean: so whoever uses it has the data's units, with whatever program. In the scripts of a page
 * that trains `no-standardize.ts` stands for this file.
 */

/** What a run has settled, so far as it is asked here. */
interface Settled {
  readonly recipe: Recipe;
  readonly weights?: { readonly head: string } | undefined;
}

/**
 * The settings with the numbers' means and deviations in the recipe, if it minimises the squared error of numbers which a linear layer gives
 * and nobody said otherwise. A layer that is kept from other weights gives them in the data's units already: it is given those of training.
 */
export function standardizing<C extends Settled>(
  config: C,
  module: AnyModule,
  network: InferenceNetwork,
  { targets }: Dataset,
): C {
  const { loss } = config.recipe;
  if (targets?.task !== 'numbers' || loss?.kind !== 'mse' || loss.standardized === false) return config;
  const standardized = loss.standardized ?? found(module, network, targets.values);
  if (standardized === undefined) return config;
  if (config.weights?.head === 'keep') {
    const { layer, mean, std } = standardized;
    const inverse = { layer, mean: mean.map((average, k) => -average / std[k]), std: std.map((s) => 1 / s) };
    module.loadStateDict(scaled(module.stateDict(), inverse));
  }
  return { ...config, recipe: { ...config.recipe, loss: { ...loss, standardized } } };
}

function found(
  module: AnyModule,
  { input }: InferenceNetwork,
  values: Float32Array,
): Standardized | undefined {
  const output = values.length === 0 ? undefined : outputLayer(module, input);
  return output && { layer: output.layer, ...momentsOf(values, output.numbers) };
}

/** A batch with the targets that the recipe has a network learn. */
export function learned(batch: Batch, { loss }: Pick<Recipe, 'loss'>): Batch {
  const standardized = standardizedBy(loss);
  if (standardized === undefined) return batch;
  const { mean, std } = standardized;
  const target = batch.target.map((value, at) => (value - mean[at % mean.length]) / std[at % mean.length]);
  return { ...batch, target };
}

/** The path of the linear layer with a bias whose output is the network's, and of nothing else; undefined if there is none that is trained. */
function outputLayer(
  module: AnyModule,
  input: readonly number[],
): { readonly layer: string; readonly numbers: number } | undefined {
  const { graph, output } = trace(module, [1, ...input], { training: false });
  const node = graph.nodes.find(({ outputs }) => outputs.some((value) => value === output));
  if (node?.op !== 'linear' || !node.attrs.bias) return undefined;
  const own = node.inputs.slice(1);
  const isShared = graph.nodes.some(
    (other) => other !== node && other.inputs.some((value) => own.includes(value) || value === output),
  );
  if (isShared || own.some(({ role, frozen }) => role !== 'parameter' || frozen === true)) return undefined;
  const [weight, bias] = own.map(({ name }) => name);
  const layer = /^(?:(.*)\.)?weight$/.exec(weight)?.[1] ?? '';
  const isLayer = nameIn(layer, 'weight') === weight && nameIn(layer, 'bias') === bias;
  return isLayer ? { layer, numbers: output.shape[1] } : undefined;
}

/** Means and standard deviations of columns; 1 of a column that is all the same. */
function momentsOf(values: Float32Array, width: number): Pick<Standardized, 'mean' | 'std'> {
  const rows = values.length / width;
  const columns = Array.from({ length: width }, (_, k) => k);
  const meanOf = (k: number, of: (value: number) => number): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += of(values[row * width + k]);
    return sum / rows;
  };
  const mean = columns.map((k) => meanOf(k, (value) => value));
  const std = columns.map((k) => Math.sqrt(meanOf(k, (value) => (value - mean[k]) ** 2)));
  return { mean, std: std.map((deviation) => (deviation > 0 ? deviation : 1)) };
}
