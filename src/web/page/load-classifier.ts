import { CardinalError, DisposedError, UsageError } from '../../base/errors.ts';
import {
  abortSignal,
  callback,
  checkOptions,
  flag,
  having,
  record,
  text,
  texts,
  wholeFrom,
  type Kinds,
} from '../../base/options.ts';
import type { Backend } from '../../backends/backend.ts';
import { pictureLimitKinds, pictureLimits, type PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Module } from '../../nn/module.ts';
import type { GraphData, TracedInput } from '../../nn/traced.ts';
import { beyond } from '../beyond.ts';
import type { LoadProgress, SentWeights } from '../engine/weights.ts';
import { aboutEngine } from './about.ts';
import { backendKinds, type WebBackendOptions } from './backend-options.ts';
import { Classifier } from './classifier.ts';
import type { PageEngine } from './engine.ts';
import { Engines, enginesOf } from './engines.ts';
import { Explaining } from './explaining.ts';
import { modelNeedsAll } from '../../models/needs-all.ts';
import { weightsNeedAll } from './weights-need-all.ts';
import { sentWeights, type WeightsInput } from './sent-weights.ts';

/** How `loadClassifier` builds the network, prepares pictures and limits them. */
export interface ClassifierOptions extends PictureLimitOptions, Omit<WebBackendOptions, 'training'> {
  /**
   * The registry's name of the network that bare weights are of; or the network itself, if it is not the registry's. The worker gets a copy:
   * the page's network does not change.
   */
  readonly model?: string | Module | undefined;
  /** Options of the named model; those that the shapes of bare weights imply may be left out. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Channels of the pictures, where they are others than the weights': the first convolution is adapted as timm does. For networks of the
   * registry.
   */
  readonly inChannels?: number | undefined;
  /** Load what fits and leave the rest as the network has it. */
  readonly partial?: boolean | undefined;
  /** Refuse a file whose numbers are not those that were written. Default true. */
  readonly verify?: boolean | undefined;
  /** What computes, of `createBackend`; whoever made it disposes of it. Default: an own one. */
  readonly backend?: Backend | undefined;
  /** How pictures become inputs. Default: as recorded in the file. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Names by label. Default: the file's, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
  /** Told how much of the file has come, some twenty times a second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Gives up loading: with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

const kinds: Kinds<ClassifierOptions> = {
  threads: backendKinds.threads,
  kernels: backendKinds.kernels,
  base: backendKinds.base,
  scripts: backendKinds.scripts,
  networks: backendKinds.networks,
  model: {
    expected: 'the name of a network of the registry, or a network',
    // Modules can be called: what else can is refused when it is taken apart.
    is: (value) => text.is(value) || typeof value === 'function',
  },
  options: record,
  inChannels: wholeFrom(1),
  partial: flag,
  verify: flag,
  backend: having('a backend, as createBackend gives once it is awaited', 'load', 'dispose'),
  preprocessing: record,
  classes: texts,
  onProgress: callback,
  signal: abortSignal,
  ...pictureLimitKinds,
};

/**
 * A trained network ready to classify pictures: its weights, class names and preprocessing come from the checkpoint, and so does the
 * network, if it is the registry's. Weights of other programs (`.pth`, safetensors) record less: then give `model`, `preprocessing` and
 * `classes`. All of it is done in a worker.
 *
 *     const classifier = await loadClassifier('/models/demo.safetensors');
 *     const [best] = await classifier.classify(file);
 *     console.log(best.class, best.probability);
 *
 * Throws a `CardinalError` if the file cannot be had, is damaged, of another network, or does not record how pictures are prepared; or if the
 * worker cannot start.
 */
export async function loadClassifier(
  source: WeightsInput,
  options: ClassifierOptions = {},
): Promise<Classifier> {
  checkOptions('loadClassifier', options, kinds);
  const { model, backend, threads, kernels, base, scripts, networks, onProgress, signal, ...settings } =
    options;
  const { maxPixels, decodeSeconds, ...rest } = settings;
  let weights = sentWeights('loadClassifier', source);
  if (typeof model === 'function' && rest.inChannels !== undefined) {
    throw new UsageError(
      `loadClassifier: inChannels ${rest.inChannels} is for networks of the registry: a page adapts no weights to a network of its own`,
    );
  }
  signal?.throwIfAborted();
  // What is loaded in part tells less of what it is of: all networks are to be known.
  const needsAll =
    typeof model === 'string'
      ? modelNeedsAll(model, rest.options) || rest.partial === true
      : weightsNeedAll(source);
  const engines =
    backend === undefined
      ? await Engines.start('engine', {
          threads,
          kernels,
          base,
          scripts,
          networks: needsAll ? 'all' : networks,
        })
      : enginesOf('loadClassifier', backend);
  const end = (error: Error): void => {
    if (backend === undefined) engines.end(error);
  };
  try {
    // Few pages bring a network of their own: the rest does without what takes one apart.
    const own = typeof model === 'string' || model === undefined ? undefined : await takenApart(model);
    const sent = { ...rest, model: own?.data ?? (model as string | undefined), maxPixels, decodeSeconds };
    const load = async (engine: PageEngine): Promise<Classifier> => {
      const graphs = (input: TracedInput): readonly GraphData[] => {
        const given = own?.graphs(input) ?? [];
        if (engine.networks !== 'all' && own?.needAll(given) === true)
          throw beyond(new CardinalError(input.shape.join()));
        return given;
      };
      // Another engine need not fetch it again.
      const fetched = (blob: Blob): void => {
        weights = { kind: 'blob', blob, name: weights.name } satisfies SentWeights;
      };
      const facts = await engine.channel.call('loadClassifier', [weights, sent], {
        signal,
        on: { progress: onProgress, graphs, fetched },
      });
      return new Classifier({
        ...{ channel: engine.channel, facts, about: aboutEngine(engine) },
        limits: pictureLimits({ maxPixels, decodeSeconds }),
        explaining: new Explaining(
          () => engines.explaining(),
          // What came of a URL is here by now.
          (channel) => channel.call('openExplained', [weights, sent], { on: { graphs } }),
        ),
        end: () => {
          end(new DisposedError(`the classifier of ${facts.name} was disposed of; make another to use it`));
        },
      });
    };
    return await engines.having(needsAll, load);
  } catch (error) {
    end(new DisposedError('the classifier was not loaded'));
    throw error;
  }
}

async function takenApart(model: Module) {
  const [{ graphsOf, moduleData }, { graphsNeedAll }] = await Promise.all([
    import('../../nn/traced.ts'),
    import('./steps-need-all.ts'),
  ]);
  return {
    data: moduleData(model, []),
    graphs: (input: TracedInput) => graphsOf(model, [input]),
    needAll: graphsNeedAll,
  };
}
