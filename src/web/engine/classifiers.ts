import type { CallContext } from '../../base/channel/service.ts';
import type { DisposeOptions } from '../../base/disposal.ts';
import { DisposedError } from '../../base/errors.ts';
import { checkPreprocessing } from '../../data/preprocessing.ts';
import { classifierOfNetwork, requirePreprocessing, type Classifier } from '../../use/classifier.ts';
import type { Classification, ClassifyOptions } from '../../use/classify-each.ts';
import type { Engine } from './context.ts';
import type { NetworkLoader } from './load-network.ts';
import { receiveSent, type SentPicture } from './sent-picture.ts';
import type { ClassifierFacts, EngineService, SentClassifierOptions } from './service.ts';
import { located, type Locate, type SentWeights } from './weights.ts';

/** How an engine reads weights. */
export interface WeightsReader {
  readonly load: NetworkLoader;
  readonly locate: Locate;
}

/** The classifiers of an engine, which its page knows by numbers. */
export class Classifiers {
  readonly #weights: WeightsReader;
  readonly #classifiers = new Map<number, Classifier>();
  #loaded = 0;

  constructor(weights: WeightsReader) {
    this.#weights = weights;
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
    const found = await located(weights, { signal, onProgress }, (name, how) =>
      this.#weights.locate(name, how, scripts),
    );
    const settings = { model, options, inChannels, partial, verify };
    const { of, name, classes: known, ...loaded } = await this.#weights.load(found, settings, scripts);
    const recorded = requirePreprocessing(setup.preprocessing ?? loaded.preprocessing, weights.name);
    const preprocessing = checkPreprocessing('loadClassifier', recorded);
    signal.throwIfAborted();
    const input = [preprocessing.channels, ...preprocessing.size];
    loaded.addGraphs?.(await ask('graphs', { shape: [1, ...input], training: false }));
    const network = of(input);
    const classifier = await classifierOfNetwork(
      network,
      known,
      { ...setup, backend, preprocessing },
      pictures,
    );
    if (signal.aborted) {
      await classifier.dispose();
      signal.throwIfAborted();
    }
    this.#classifiers.set(++this.#loaded, classifier);
    const { classes } = classifier;
    return { classifier: this.#loaded, name, classes, preprocessing };
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
