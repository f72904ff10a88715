import { DisposedError } from '../../base/errors.ts';
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
import type { TracedInput } from '../../nn/traced.ts';
import type { LoadProgress } from '../engine/weights.ts';
import { aboutEngine } from './about.ts';
import { backendKinds, type WebBackendOptions } from './backend-options.ts';
import { Classifier } from './classifier.ts';
import { startEngine } from './engine.ts';
import { engineOf } from './engines.ts';
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
  /** Channels of the pictures, where they are others than the weights': the first convolution is adapted as timm does. */
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
  const { model, backend, threads, kernels, base, onProgress, signal, maxPixels, decodeSeconds, ...rest } =
    options;
  const weights = sentWeights('loadClassifier', source);
  signal?.throwIfAborted();
  const isOwn = backend === undefined;
  const engine = isOwn
    ? await startEngine('engine', { threads, kernels, base })
    : engineOf('loadClassifier', backend);
  const end = (error: Error): void => {
    if (isOwn) engine.end(error);
  };
  try {
    // Few pages bring a network of their own: the rest does without what takes one apart.
    const own = typeof model === 'string' || model === undefined ? undefined : await takenApart(model);
    const sent = { ...rest, model: own?.data ?? (model as string | undefined), maxPixels, decodeSeconds };
    const facts = await engine.channel.call('loadClassifier', [weights, sent], {
      signal,
      on: { progress: onProgress, graphs: own?.graphs },
    });
    return new Classifier({
      ...{ channel: engine.channel, facts, about: aboutEngine(engine.facts) },
      limits: pictureLimits({ maxPixels, decodeSeconds }),
      end: () => {
        end(new DisposedError(`the classifier of ${facts.name} was disposed of; make another to use it`));
      },
    });
  } catch (error) {
    end(new DisposedError('the classifier was not loaded'));
    throw error;
  }
}

async function takenApart(model: Module) {
  const { graphsOf, moduleData } = await import('../../nn/traced.ts');
  return { data: moduleData(model, []), graphs: (input: TracedInput) => graphsOf(model, [input]) };
}
