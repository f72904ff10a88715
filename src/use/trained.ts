import { flag, record, text, wholeFrom, type Kinds } from '../base/options.ts';
import { createModel, modelInfo } from '../models/registry.ts';
import { Module, type AnyModule } from '../nn/module.ts';
import type { ModelDescription } from '../train/network.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { loadTensors, type LoadedWeights } from '../weights/load.ts';
import { identifyNetwork, otherNetwork, withFitting, type FitOptions } from './identify.ts';
import { tensorsFor, type OpenedWeights } from './opened-weights.ts';
import { channelsOf, weightsFactsOf, isAdapted, type WeightsFacts } from './weights-facts.ts';

/** A network with the weights of a file, and what is known of them; of `Model`, the class of a network that was given. */
export interface Trained<Model extends AnyModule = Module> extends WeightsFacts {
  readonly model: Model;
  readonly description: ModelDescription;
  /** Of the input; pictures have 1 or 3. */
  readonly channels: number;
  /** Whether the first convolution was adapted, from pictures of 3 channels or of 1. */
  readonly adapted?: boolean | undefined;
  /** Which tensors found their place; all of them, unless loading was `partial`. */
  readonly loaded: LoadedWeights;
}

/** Settings given beside weights for the network that they are of. */
export interface TrainedOptions<Model extends AnyModule = Module> extends FitOptions, VerifyOptions {
  /** The registry's name of what bare weights are of; or the network itself, if it is not the registry's, whatever it takes and gives. */
  readonly model?: string | Model | undefined;
  /** Options of the named model; those that the shapes of bare weights imply may be left out. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

export const trainedKinds: Kinds<TrainedOptions<AnyModule>> = {
  model: {
    expected: 'the name of a network of the registry, or a network',
    is: (value) => text.is(value) || value instanceof Module,
  },
  options: record,
  inChannels: wholeFrom(1),
  partial: flag,
  verify: flag,
};

/**
 * The network of a checkpoint of Cardinal's, or of bare weights (PyTorch's `.pth`, safetensors) if `model` or what is known of them
 * says of what. Throws a `CardinalError` if they are damaged or of another network than `model`.
 */
export function loadFrom(weights: OpenedWeights, options: Omit<TrainedOptions, 'verify'>): Promise<Trained>;
export function loadFrom(
  weights: OpenedWeights,
  options: Omit<TrainedOptions<AnyModule>, 'verify'>,
): Promise<Trained<AnyModule>>;
export async function loadFrom(
  weights: OpenedWeights,
  { model: given, options = {}, inChannels, partial }: Omit<TrainedOptions<AnyModule>, 'verify'>,
): Promise<Trained<AnyModule>> {
  const { name: source, tensors, unreadable, description: own } = weights;
  const how = { source, inChannels, partial, unreadable };
  const known = weightsFactsOf(weights, inChannels);
  const other = given instanceof Module ? undefined : otherNetwork(weights, given);
  const facts = { ...known, notes: [...known.notes, ...(other === undefined ? [] : [other])] };
  const adapted = isAdapted(weights, inChannels);
  if (given instanceof Module) {
    const fitting = tensorsFor(given, weights);
    const loaded = await loadTensors(given, fitting, how);
    const name = given.displayName ?? given.typeName;
    return {
      model: given,
      description: own?.model ?? { name, options: {} },
      channels: inChannels ?? channelsOf(weights),
      ...{ adapted, loaded },
      ...facts,
      // They tell what was left, and nothing was.
      notes: fitting === tensors ? facts.notes : [],
    };
  }
  const description = identifyNetwork(weights, given, options, { inChannels, partial });
  const model = createModel(description.name, description.options);
  let loaded: LoadedWeights;
  try {
    loaded = await loadTensors(model, tensors, how);
  } catch (error) {
    throw withFitting(error, description.name, weights);
  }
  const { inputShape } = modelInfo(description.name, description.options);
  return { model, description, channels: inputShape[0], adapted, loaded, ...facts };
}
