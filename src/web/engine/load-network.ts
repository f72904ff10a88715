import { CardinalError } from '../../base/errors.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Targets } from '../../data/task.ts';
import { moduleFrom } from '../../nn/replayed.ts';
import type { GraphData, ModuleData, TracedInput } from '../../nn/traced.ts';
import { inferenceNetworkOf, type InferenceNetwork } from '../../train/inference-network.ts';
import { openWeightsFrom } from '../../use/opened-weights.ts';
import { knowsTasks } from '../../use/plain-answer.ts';
import { loadFrom, type Trained } from '../../use/trained.ts';
import type { LocatedWeights } from '../hub/locate.ts';
import { beyond } from '../beyond.ts';
import type { Scripts } from '../scripts.ts';

/** What a page says of weights: see `TrainedOptions`. */
export interface NetworkSettings {
  /** The name of a network of the registry, or one of the page's own as data. */
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
  readonly temperature: number | undefined;
  /** What it predicts, if not one class a picture. */
  readonly task?: Targets['task'] | undefined;
  /** The network for pictures of a size, [C, H, W]. */
  readonly of: (input: readonly number[]) => Promise<InferenceNetwork>;
}

/** What loading may need of the engine. */
export interface LoadingMeans {
  readonly scripts: Pick<Scripts, 'weights'>;
  /** What the page's own network does to an input. */
  readonly graphs: (input: TracedInput) => Promise<readonly GraphData[]>;
}

/** Loads the network of weights. Throws a `CardinalError` if they are damaged, or of no network that is known. */
export type NetworkLoader = (
  weights: LocatedWeights,
  settings: NetworkSettings,
  means: LoadingMeans,
) => Promise<LoadedNetwork>;

/** A network of weights, itself. */
export type OpenedNetwork = Pick<
  Trained,
  'model' | 'description' | 'classes' | 'preprocessing' | 'temperature' | 'task'
> & {
  /** Has what a network of the page's own does to inputs of a shape N×C×H×W, before it is traced with them. */
  readonly ready: (shape: readonly number[]) => Promise<void>;
};

/** Opens weights of every kind, of every network. Throws as a `NetworkLoader`. */
export async function openAnyNetwork(
  { source, known }: LocatedWeights,
  { verify, model: given, ...settings }: NetworkSettings,
  { graphs }: Pick<LoadingMeans, 'graphs'>,
): Promise<OpenedNetwork> {
  const opened = await openWeightsFrom(source, known, { verify });
  const own = typeof given === 'object' ? moduleFrom(given) : undefined;
  const named = typeof given === 'string' ? given : undefined;
  const loaded = await loadFrom(opened, { ...settings, model: own ?? named }).catch((error: unknown) => {
    // That it is unknown, or does not fit, another script may know better.
    throw beyond(error);
  });
  const { task } = loaded;
  if (task === 'numbers') {
    throw new CardinalError(`${source.name} predicts numbers, which no page answers: use it in Node`);
  }
  if (task !== undefined && !knowsTasks()) throw beyond(new CardinalError(`${source.name} predicts ${task}`));
  return {
    ...loaded,
    ready: async (shape) => {
      own?.add(await graphs({ shape, training: false }));
    },
  };
}

/** Weights of every kind, of every network. */
export const loadAnyNetwork: NetworkLoader = async (weights, settings, means) => {
  const opened = await openAnyNetwork(weights, settings, means);
  const { model, description, classes, preprocessing, temperature, task, ready } = opened;
  return {
    ...{ name: description.name, classes, preprocessing, temperature, task },
    of: async (input) => {
      await ready([1, ...input]);
      return inferenceNetworkOf(model, input, description);
    },
  };
};
