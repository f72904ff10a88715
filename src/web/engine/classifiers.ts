import type { CallContext } from '../../base/channel/service.ts';
import type { DisposeOptions } from '../../base/disposal.ts';
import { DisposedError } from '../../base/errors.ts';
import { checkPreprocessing } from '../../data/preprocessing.ts';
import { plainClassifierOf, type PlainClassifier } from '../../use/plain-classifier.ts';
import { requirePreprocessing } from '../../use/require-preprocessing.ts';
import type { Classification, ClassifyOptions } from '../../use/classify-each.ts';
import type { Engine } from './context.ts';
import type { NetworkLoader } from './load-network.ts';
import { receiveSent, type SentPicture } from './sent-picture.ts';
import type { ClassifierFacts, EngineService, SentClassifierOptions } from './service.ts';
import { located, type SentWeights } from './weights.ts';

/** The classifiers of an engine, which its page knows by numbers. */
export class Classifiers {
  readonly #loadNetwork: NetworkLoader;
  readonly #classifiers = new Map<number, PlainClassifier>();
  #loaded = 0;

  constructor(loadNetwork: NetworkLoader) {
    this.#loadNetwork = loadNetwork;
  }

  async load(
    weights: SentWeights,
    { model, options, inChannels, partial, verify, ...setup }: SentClassifierOptions,
    { backend, pictures, scripts }: Pick<Engine, 'backend' | 'pictures' | 'scripts'>,
    { signal, ask, tell }: CallContext<EngineService['loadClassifier']['callbacks']>,
  ): Promise<ClassifierFacts> {
    const onProgress = (progress: Parameters<typeof tell<'progress'>>[1]): void => {
      tell('progress', progress);
    };
    const onFetched = (blob: Blob): void => {
      tell('fetched', blob);
    };
    const found = await located(weights, { signal, onProgress, onFetched }, scripts);
    const {
      of,
      name,
      classes: known,
      ...loaded
    } = await this.#loadNetwork(
      found,
      { model, options, inChannels, partial, verify },
      { scripts, graphs: (input) => ask('graphs', input) },
    );
    const recorded = requirePreprocessing(setup.preprocessing ?? loaded.preprocessing, weights.name);
    const preprocessing = checkPreprocessing('loadClassifier', recorded);
    signal.throwIfAborted();
    const network = await of([preprocessing.channels, ...preprocessing.size]);
    const classifier = await plainClassifierOf(
      network,
      known,
      { ...setup, ...loaded, backend, preprocessing },
      pictures,
    );
    if (signal.aborted) {
      await classifier.dispose();
      signal.throwIfAborted();
    }
    this.#classifiers.set(++this.#loaded, classifier);
    const { classes } = classifier;
    return { ...loaded, classifier: this.#loaded, name, classes, preprocessing };
  }

  async classify(number: number, sent: SentPicture, options: ClassifyOptions): Promise<Classification[]> {
    const classifier = this.#classifiers.get(number);
    if (classifier === undefined)
      throw new DisposedError('the classifier was disposed of; make another to use it');
    return classifier.classify(await receiveSent(sent), options);
  }

  async dispose(number: number, options: DisposeOptions | undefined): Promise<void> {
    const classifier = this.#classifiers.get(number);
    await classifier?.dispose(options);
    this.#classifiers.delete(number);
  }
}
