import type { Preprocessing } from '../../data/preprocessing.ts';
import { inferenceNetworkOf, type InferenceNetwork } from '../../train/inference-network.ts';
import { openWeightsFrom } from '../../use/opened-weights.ts';
import { loadFrom } from '../../use/trained.ts';
import type { ByteSource } from '../../weights/byte-source.ts';
import type { Scripts } from '../scripts.ts';

/** What a page says of weights: see `TrainedOptions`. */
export interface NetworkSettings {
  readonly model?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly inChannels?: number | undefined;
  readonly partial?: boolean | undefined;
  readonly verify?: boolean | undefined;
}

/** A network with its weights, and what is known of them. */
export interface LoadedNetwork {
  readonly name: string;
  readonly classes: readonly string[] | undefined;
  readonly preprocessing: Preprocessing | undefined;
  /** The network for pictures of a size, [C, H, W]. */
  of(input: readonly number[]): InferenceNetwork;
}

/** Loads the network of weights. Throws a `CardinalError` if they are damaged, or of no network that is known. */
export type NetworkLoader = (
  source: ByteSource,
  settings: NetworkSettings,
  scripts: Pick<Scripts, 'weights'>,
) => Promise<LoadedNetwork>;

/** Weights of every kind, of every network. */
export const loadAnyNetwork: NetworkLoader = async (source, { verify, ...settings }) => {
  const opened = await openWeightsFrom(source, { origin: source.name.split('/').at(-1) }, { verify });
  const { model, description, classes, preprocessing } = await loadFrom(opened, settings);
  return {
    ...{ name: description.name, classes, preprocessing },
    of: (input) => inferenceNetworkOf(model, input, description),
  };
};
