import type { Preprocessing } from '../../data/preprocessing.ts';
import { moduleFrom } from '../../nn/replayed.ts';
import type { GraphData, ModuleData } from '../../nn/traced.ts';
import { inferenceNetworkOf, type InferenceNetwork } from '../../train/inference-network.ts';
import { openWeightsFrom } from '../../use/opened-weights.ts';
import { loadFrom } from '../../use/trained.ts';
import type { LocatedWeights } from '../hub/locate.ts';
import type { Scripts } from '../scripts.ts';

/** What a page says of weights: see `TrainedOptions`. */
export interface NetworkSettings {
  readonly model?: string | ModuleData | undefined;
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
  /** Of a network of the page's own: takes what it does to inputs, before it is asked for. */
  readonly addGraphs?: ((graphs: readonly GraphData[]) => void) | undefined;
  /** The network for pictures of a size, [C, H, W]. */
  readonly of: (input: readonly number[]) => InferenceNetwork;
}

/** Loads the network of weights. Throws a `CardinalError` if they are damaged, or of no network that is known. */
export type NetworkLoader = (
  weights: LocatedWeights,
  settings: NetworkSettings,
  scripts: Pick<Scripts, 'weights'>,
) => Promise<LoadedNetwork>;

/** Weights of every kind, of every network. */
export const loadAnyNetwork: NetworkLoader = async (
  { source, known },
  { verify, model: given, ...settings },
) => {
  const opened = await openWeightsFrom(source, known, { verify });
  const own = typeof given === 'object' ? moduleFrom(given) : undefined;
  const named = typeof given === 'string' ? given : undefined;
  const trained = await loadFrom(opened, { ...settings, model: own ?? named });
  const { model, description, classes, preprocessing } = trained;
  return {
    ...{ name: description.name, classes, preprocessing },
    addGraphs:
      own &&
      ((graphs) => {
        own.add(graphs);
      }),
    of: (input) => inferenceNetworkOf(model, input, description),
  };
};
