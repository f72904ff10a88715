import type { Channel } from '../../base/channel/service.ts';
import { Disposal, type DisposeOptions } from '../../base/disposal.ts';
import { DisposedError } from '../../base/errors.ts';
import { ManySignals } from '../../base/many-signals.ts';
import { checkOptions } from '../../base/options.ts';
import { Turns } from '../../base/turns.ts';
import { pictureLimits, type PictureLimits } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Task } from '../../data/task.ts';
import {
  allClassified,
  classifyEach,
  classifyKinds,
  classifyManyKinds,
  type Classification,
  type ClassifiedPicture,
  type ClassifyManyOptions,
  type ClassifyOptions,
} from '../../use/classify-each.ts';
import {
  explainKinds,
  featuresKinds,
  layersKinds,
  occlusionKinds,
  pathsKinds,
  type ExplainOptions,
  type FeaturesOptions,
  type LayersOptions,
  type OcclusionOptions,
  type PathsOptions,
} from '../../use/batch/options.ts';
import type { ClassMap, PicturePaths } from '../../use/explain/explanation.ts';
import type { Output } from '../../session/compile.ts';
import type { OcclusionMap } from '../engine/explain-service.ts';
import type { SentPicture } from '../engine/sent-picture.ts';
import type { ClassifierFacts, EngineService } from '../engine/service.ts';
import type { Explained, Explaining } from './explaining.ts';
import { parcelOf, type WebPictureInput } from './send-picture.ts';

/** Several pictures: an iterable or an async one. */
export type WebPictureInputs = (Iterable<WebPictureInput> & object) | AsyncIterable<WebPictureInput>;

/** What a classifier of a page is made of. */
export interface ClassifierParts {
  readonly channel: Channel<EngineService>;
  readonly facts: ClassifierFacts;
  readonly limits: PictureLimits;
  /** What computes, for people. */
  readonly about: string;
  /** What tells more of pictures than their classes. */
  readonly explaining: Explaining;
  /** Ends the engine, if it is the classifier's own. */
  readonly end: () => void;
}

/**
 * Classifies pictures with a trained network; `loadClassifier` makes one. The page sends pictures, a worker decodes, resizes and computes.
 * Any number of calls may be made at once: they are answered in their order.
 */
export class Classifier {
  readonly classes: readonly string[];
  /** What its outputs are: scores of classes of which one is true, or of labels each true or not; `classes` names them. */
  readonly task: Task;
  readonly preprocessing: Preprocessing;
  /** What computes, and why not with more threads. */
  readonly about: string;
  readonly #parts: ClassifierParts;
  /** What was accepted and is not over. */
  readonly #calls: Turns;
  /** Aborted when nothing is waited for any more: neither the rest of a stream nor the next of several pictures. */
  readonly #end = new ManySignals();
  readonly #disposal: Disposal;

  constructor(parts: ClassifierParts) {
    const { name, classes, task = 'classes', preprocessing } = parts.facts;
    this.classes = classes;
    this.task = task;
    this.preprocessing = preprocessing;
    this.about = parts.about;
    this.#parts = parts;
    const owner = `the classifier of ${name}`;
    this.#calls = new Turns(owner, { atOnce: Infinity });
    this.#disposal = new Disposal({
      drain: () => this.#calls.close({ drain: true }),
      cut: () => this.#cut(owner),
      free: async () => {
        await this.#cut(owner);
        this.#parts.explaining.end(gone(owner));
        this.#parts.end();
      },
    });
  }

  /**
   * Classifies a picture: its most likely classes, best first; of a network for labels those over one half, or `topK` of them. What the caller has of it stays the caller's; do not change it before the
   * answer is there. Throws a `CardinalError` if it is no picture or cannot be read, a `DisposedError` if the classifier was disposed of,
   * a `DeviceLostError` if its worker is gone.
   */
  async classify(image: WebPictureInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    checkOptions('classify', options, classifyKinds);
    return this.#accepted(image, options);
  }

  /**
   * Classifies several pictures, in their order: `[[best, second, …], …]`. At the first one that cannot be read, it
   * throws as `classify` does and takes no more of them; `classifyEach` goes on.
   */
  async classifyMany(
    images: WebPictureInputs,
    options: ClassifyManyOptions = {},
  ): Promise<Classification[][]> {
    checkOptions('the options for several pictures', options, classifyManyKinds);
    // One call: draining finishes all of them.
    return this.#calls.take(() =>
      allClassified(classifyEach(images, options, this.#end, (image) => this.#classify(image, options))),
    );
  }

  /**
   * Classifies many pictures and yields each answer as soon as it is there, in their order. A picture that cannot be
   * read has an `error` in place of `top`, and does not stop the others. Pictures are taken from `images` a few
   * ahead, so it may be as long as one likes, and an async iterable: of frames of a camera, say.
   *
   *     for await (const { image, top, error } of classifier.classifyEach(files, { topK: 3 })) …
   *
   * Throws a `CardinalError` if `images` is not several pictures, a `DisposedError` if the classifier is disposed of:
   * with `drain` once those that were taken are answered.
   */
  async *classifyEach(
    images: WebPictureInputs,
    options: ClassifyManyOptions = {},
  ): AsyncGenerator<ClassifiedPicture<WebPictureInput>, void, undefined> {
    checkOptions('the options for several pictures', options, classifyManyKinds);
    yield* classifyEach(images, options, this.#end, (image) => this.#accepted(image, options));
  }

  /**
   * Logits of a picture, in the order of `classes`, as the network gives them: no temperature is in them. With the first call of this or
   * one of the following, a second worker is started, which has the network once more; they are answered there, in their order, to the
   * same bytes as by Node's classifier. Throws as `classify`, and the reason of `signal` when that is aborted.
   */
  async logits(image: WebPictureInput, options: FeaturesOptions = {}): Promise<Float32Array> {
    checkOptions('logits', options, featuresKinds);
    return this.#explained(image, options, ({ channel, number, sent, limits, call }) =>
      channel.call('logits', [number, sent, limits], call),
    );
  }

  /** The embedding of a picture: D numbers, what the network's last linear layer makes its logits of. Throws as `logits`. */
  async features(image: WebPictureInput, options: FeaturesOptions = {}): Promise<Float32Array> {
    checkOptions('features', options, featuresKinds);
    return this.#explained(image, options, ({ channel, number, sent, limits, call }) =>
      channel.call('features', [number, sent, limits], call),
    );
  }

  /**
   * Where in a picture the network sees a class: Grad-CAM, as Node's classifier gives it; the page draws it itself. Throws as `logits`, a
   * `UsageError` if there is no such class.
   */
  async explain(image: WebPictureInput, options: ExplainOptions = {}): Promise<ClassMap> {
    checkOptions('explain', options, explainKinds);
    const { label } = options;
    return this.#explained(image, options, ({ channel, number, sent, limits, call }) =>
      channel.call('explain', [number, sent, { ...limits, label }], call),
    );
  }

  /**
   * The same by what the class loses while a grey square covers a part of the picture. Throws as `explain`, a `UsageError` if the square is
   * larger than the input.
   */
  async occlusion(image: WebPictureInput, options: OcclusionOptions = {}): Promise<OcclusionMap> {
    checkOptions('occlusion', options, occlusionKinds);
    const { label, size, stride, measure, onProgress } = options;
    return this.#explained(image, options, ({ channel, number, sent, limits, call }) =>
      channel.call('occlusion', [number, sent, { ...limits, label, size, stride, measure }], {
        ...call,
        on: { progress: onProgress },
      }),
    );
  }

  /**
   * What layers give for a picture, by their modules' paths: feature maps 1×C×H×W in PyTorch's order. Throws as `logits`, a `UsageError`
   * if there is no such layer.
   */
  async activations(
    image: WebPictureInput,
    options: LayersOptions,
  ): Promise<Readonly<Record<string, Output>>> {
    checkOptions('activations', options, layersKinds, ['layers']);
    const { layers } = options;
    return this.#explained(image, options, ({ channel, number, sent, limits, call }) =>
      channel.call('activations', [number, sent, { ...limits, layers }], call),
    );
  }

  /**
   * What each of the C paths of every aggregated block contributes to a class that is seen in a picture: see `pathContributions` of
   * `cardinal-nn`. Throws as `explain`, a `CardinalError` if the network has no such block.
   */
  async pathContributions(image: WebPictureInput, options: PathsOptions = {}): Promise<PicturePaths> {
    checkOptions('pathContributions', options, pathsKinds);
    const { label, blocks, onProgress } = options;
    return this.#explained(image, options, ({ channel, number, sent, limits, call }) =>
      channel.call('pathContributions', [number, sent, { ...limits, label, blocks }], {
        ...call,
        on: { progress: onProgress },
      }),
    );
  }

  /**
   * Frees the network's memory and ends the worker, if it is the classifier's own; resolves when both are done. A picture that is being
   * computed is finished first, those that wait are refused with a `DisposedError`. With `drain` all calls that were made are finished,
   * and only new ones are refused. May be called again, and then without `drain` to cut the draining short.
   */
  dispose(options?: DisposeOptions): Promise<void> {
    return this.#disposal.ask(options);
  }

  /** For `await using classifier = await loadClassifier(url)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #cut(owner: string): Promise<void> {
    this.#end.abort(gone(owner));
    const { channel, facts } = this.#parts;
    // A worker that is gone has nothing left to be freed.
    const freed = channel.call('disposeClassifier', [facts.classifier, undefined]).catch(() => undefined);
    await Promise.all([freed, this.#calls.close()]);
  }

  #accepted(image: unknown, options: ClassifyOptions): Promise<Classification[]> {
    return this.#calls.take(() => this.#classify(image, options));
  }

  #explained<T>(
    image: unknown,
    { signal, maxPixels, decodeSeconds }: FeaturesOptions,
    ask: (asking: Asking) => Promise<T>,
  ): Promise<T> {
    const limits = pictureLimits({ maxPixels, decodeSeconds }, this.#parts.limits);
    return this.#calls.take(() =>
      this.#end.during(async (end) => {
        const either = signal === undefined ? end : AbortSignal.any([end, signal]);
        either.throwIfAborted();
        const { sent, transfer } = await parcelOf(image, limits, either);
        const opened = await this.#parts.explaining.opened();
        either.throwIfAborted();
        return ask({ ...opened, sent, limits, call: { signal: either, transfer } });
      }),
    );
  }

  async #classify(image: unknown, { topK, ...limits }: ClassifyOptions): Promise<Classification[]> {
    const { channel, facts } = this.#parts;
    const all = pictureLimits(limits, this.#parts.limits);
    return this.#end.during(async (end) => {
      const { sent, transfer } = await parcelOf(image, all, end);
      // The engine no longer knows what was disposed of meanwhile.
      end.throwIfAborted();
      return channel.call('classify', [facts.classifier, sent, { topK, ...all }], { transfer });
    });
  }
}

/** What is sent to the engine that explains. */
interface Asking extends Explained {
  readonly sent: SentPicture;
  readonly limits: PictureLimits;
  readonly call: { readonly signal: AbortSignal; readonly transfer: readonly Transferable[] | undefined };
}

function gone(owner: string): DisposedError {
  return new DisposedError(`${owner} was disposed of; make another to use it`);
}
