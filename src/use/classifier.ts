import type { Backend, Program } from '../backends/backend.ts';
import { toChannelsLast } from '../backends/channels-last.ts';
import { Disposal, type DisposeOptions } from '../base/disposal.ts';
import { withEndings } from '../base/endings.ts';
import { CardinalError } from '../base/errors.ts';
import { requireFloats } from '../base/floats.ts';
import { checkKind, checkOptions, having, record } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import type { Picture } from '../data/dataset.ts';
import type { PictureInput, PictureInputs } from '../data/picture-forms.ts';
import { receivePicture, type ReceivedPicture } from '../data/picture-input.ts';
import { pictureLimits, type PictureLimitOptions, type PictureLimits } from '../data/picture-limits.ts';
import type { PicturePlatform } from '../data/picture-platform.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import type { Targets, Task } from '../data/task.ts';
import type { Output } from '../session/compile.ts';
import { shapeOf } from '../train/evaluate.ts';
import { answerOf, requireNumbers } from './answer.ts';
import { taskAnswer } from './task-answer.ts';
import { Batcher, type Computed } from './batch/batcher.ts';
import { Calls, type Call } from './batch/calls.ts';
import type { PictureExplainer } from './batch/explainer.ts';
import {
  classifyKinds,
  explainKinds,
  featuresKinds,
  forwardKinds,
  layersKinds,
  logitsKinds,
  occlusionKinds,
  pathsKinds,
  type Batching,
  type ClassifyManyOptions,
  type ClassifyOptions,
  type ExplainOptions,
  type FeaturesOptions,
  type ForwardOptions,
  type LayersOptions,
  type LogitsOptions,
  type OcclusionOptions,
  type PathsOptions,
  type TimedOptions,
} from './batch/options.ts';
import type { Explanation, Occlusion, PicturePaths } from './explain/explanation.ts';
import { Places } from './batch/places.ts';
import type { PicturePreparer, PrepareContext } from './batch/prepare.ts';
import {
  allClassified,
  classifyEach,
  decodedAtOnce,
  type Classification,
  type ClassifiedPicture,
} from './classify-each.ts';

/** What a classifier is made of. */
export interface ClassifierParts {
  /** Of one or several batch sizes, with its weights. Disposed of with the classifier. */
  readonly program: Program;
  /** What computes, if it is to be disposed of with the classifier. */
  readonly ownBackend: Backend | undefined;
  readonly classes: readonly string[];
  readonly task?: Targets['task'] | undefined;
  readonly preprocessing: Preprocessing;
  /** What the weights were calibrated to. */
  readonly temperature?: number | undefined;
  readonly limits: PictureLimits;
  readonly batching: Batching;
  readonly platform: Pick<PicturePlatform, 'pathOf'>;
  /** Disposed of with the classifier. */
  readonly preparer: PicturePreparer;
  /** Disposed of with the classifier. */
  readonly explainer: PictureExplainer | undefined;
}

/**
 * Classifies pictures with a trained network; `loadClassifier` makes one. Any number of calls may be made at once: pictures are decoded
 * side by side, and those that wait are computed together, in the order in which they came. A picture's answer is the same whatever
 * batch it is in, to the byte where a backend's matmuls are Cardinal's own.
 */
export class Classifier {
  /** The network's name. */
  readonly name: string;
  readonly classes: readonly string[];
  /** What its outputs are: scores of classes of which one is true, of labels each true or not, or numbers; `classes` names them. */
  readonly task: Task;
  readonly preprocessing: Preprocessing;
  /** What logits are divided by before they become probabilities; 1 unless the weights were calibrated (`cardinal eval --calibrate`). */
  readonly temperature: number;
  /** One prepared picture, [C, H, W]. */
  readonly input: readonly [number, number, number];
  readonly #parts: ClassifierParts;
  readonly #batcher: Batcher;
  readonly #calls: Calls;
  /** A picture that is decoded has a place until it is computed: so many are held in memory. */
  readonly #places: Places;
  /** The same of a picture that is explained, and kept as it was decoded: one, and the next. */
  readonly #explained = new Places(2);
  /** How far ahead of an answer pictures of one call are taken. */
  readonly #ahead: number;
  readonly #disposal: Disposal;

  constructor(parts: ClassifierParts) {
    checkKind('Classifier', 'its parts', parts, record);
    const { program, preprocessing, batching } = parts;
    checkKind('Classifier', 'the program', program, having('one that loadClassifier loads', 'take', 'run'));
    this.name = program.plan.name;
    this.classes = parts.classes;
    this.task = parts.task ?? 'classes';
    this.preprocessing = preprocessing;
    this.temperature = parts.temperature ?? 1;
    this.input = [preprocessing.channels, ...preprocessing.size];
    this.#parts = parts;
    this.#batcher = new Batcher(program, batching);
    this.#calls = new Calls(`the classifier of ${this.name}`, batching.queue, this.#batcher.pace);
    this.#ahead = Math.max(decodedAtOnce, this.#batcher.size);
    this.#places = new Places(this.#ahead);
    this.#disposal = new Disposal({
      drain: () => {
        this.#batcher.hurry();
        return this.#calls.close({ drain: true });
      },
      cut: () => this.#calls.close(),
      free: () => this.#free(),
    });
  }

  /** Calls that wait: for their stream, to be decoded, or to be computed. */
  get waiting(): number {
    return this.#calls.waiting;
  }

  /**
   * Classifies a picture: its most likely classes, best first; of a network for labels those over one half, or `topK` of them. `image` is a picture file (a path or a `file:` URL),
   * the bytes of one (an upload, say: Buffer, `Uint8Array`, `ArrayBuffer`, `Blob`, a stream), or raw pixels of 1 or 3
   * channels. Do not change the bytes before the answer is there.
   * @throws {CardinalError} if it is anything else or cannot be read.
   * @throws {QueueFullError} if as many calls wait as may.
   * @throws {DisposedError} if the classifier was disposed of.
   * @throws {DeviceLostError} if what computes is gone: load another classifier.
   * @throws the reason of `signal`, as soon as that is aborted.
   */
  async classify(image: PictureInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    checkOptions('classify', options, classifyKinds);
    return this.#calls.accept(options, (call) => this.#classify(image, options, call));
  }

  /**
   * Classifies several pictures, in their order: `[[best, second, …], …]`. At the first one that cannot be read, it
   * throws as `classify` does and takes no more of them; `classifyEach` goes on.
   */
  async classifyMany(images: PictureInputs, options: ClassifyManyOptions = {}): Promise<Classification[][]> {
    checkOptions('the options for several pictures', options, classifyKinds);
    // One call: draining finishes all of them.
    return this.#calls.accept(options, ({ signal }) =>
      allClassified(
        this.#each(images, options, (image) =>
          this.#classify(image, options, { signal, begun: () => undefined }),
        ),
      ),
    );
  }

  /**
   * Classifies many pictures and yields each answer as soon as it is there, in their order. A picture that cannot be
   * read has an `error` in place of `top`, and does not stop the others. Pictures are taken from `images` a few
   * ahead, so it may be as long as one likes, and an async iterable.
   *
   *     for await (const { image, top, error } of classifier.classifyEach(files, { topK: 3 })) …
   *
   * Throws a `CardinalError` if `images` is not several pictures, a `QueueFullError` if as many calls wait as may, a `DisposedError` if
   * the classifier is disposed of: with `drain` once those that were taken are answered.
   */
  async *classifyEach(
    images: PictureInputs,
    options: ClassifyManyOptions = {},
  ): AsyncGenerator<ClassifiedPicture, void, undefined> {
    checkOptions('the options for several pictures', options, classifyKinds);
    const leave = this.#calls.enter();
    try {
      yield* this.#each(images, options, (image) =>
        this.#calls.run(options.signal, (call) => this.#classify(image, options, call)),
      );
    } finally {
      leave();
    }
  }

  /**
   * Logits N×K of prepared pictures N×C×H×W, any number of them: they are computed in as many batches as it takes, together with what
   * else waits. Do not change `inputs` before. `onTimes` is called for each.
   * @throws {UsageError} if `inputs` are not whole pictures.
   * @throws as `classify`.
   */
  async forward(inputs: Float32Array, options: ForwardOptions = {}): Promise<Output> {
    checkOptions('forward', options, forwardKinds);
    requireFloats(inputs, 'forward: the inputs');
    const each = sizeOf(this.input);
    const pictures = inputs.length / each;
    checkKind('forward', 'the inputs', inputs, {
      expected: `N×${this.input.join('×')} numbers, ${each} for each picture`,
      is: () => pictures >= 1 && Number.isInteger(pictures),
    });
    return this.#calls.accept({ ...options, pictures }, (call) =>
      this.#forward(inputs, pictures, options, call),
    );
  }

  /** Logits of a picture, in the order of `classes`, as the network gives them: no temperature is in them. Throws as `classify`, but not if they are no numbers. */
  async logits(image: PictureInput, options: LogitsOptions = {}): Promise<Float32Array> {
    checkOptions('logits', options, logitsKinds);
    return this.#calls.accept(options, (call) => this.#logits(image, options, call));
  }

  /** The embedding of a picture: D numbers, what the network's last linear layer makes its logits of. Throws as `classify`. */
  async features(image: PictureInput, options: FeaturesOptions = {}): Promise<Float32Array> {
    checkOptions('features', options, featuresKinds);
    return this.#calls.accept(options, (call) =>
      this.#explain(image, options, call, (explainer, picture) =>
        explainer.features(picture, { signal: call.signal }),
      ),
    );
  }

  /** Where in a picture the network sees a class: Grad-CAM. Throws as `classify`, a `UsageError` if there is no such class. */
  async explain(image: PictureInput, options: ExplainOptions = {}): Promise<Explanation> {
    checkOptions('explain', options, explainKinds);
    return this.#calls.accept(options, (call) =>
      this.#explain(image, options, call, (explainer, picture) =>
        explainer.explain(picture, { label: options.label, signal: call.signal }),
      ),
    );
  }

  /**
   * Where in a picture the network sees a class, by what that loses while a grey square covers a part of it: one picture for each place of
   * the square, computed in batches with what else waits. Throws as `explain`, a `UsageError` if the square is larger than the input.
   */
  async occlusion(image: PictureInput, options: OcclusionOptions = {}): Promise<Occlusion> {
    checkOptions('occlusion', options, occlusionKinds);
    const { label, size, stride, measure, onProgress } = options;
    return this.#calls.accept(options, (call) => {
      const batches = {
        size: this.#batcher.size,
        logits: async (input: Float32Array) =>
          (await this.#batcher.add(input, { signal: call.signal })).logits,
      };
      const asked = { label, size, stride, measure, onProgress, batches, signal: call.signal };
      return this.#explain(image, options, call, (explainer, picture) => explainer.occlusion(picture, asked));
    });
  }

  /**
   * What layers give for a picture, by their modules' paths: feature maps 1×C×H×W in PyTorch's order, as forward hooks get them. See
   * `activations` of `cardinal-nn`. Throws as `classify`, a `UsageError` if there is no such layer.
   *
   *     const { 'layer3.2.conv2': maps } = await classifier.activations('shoe.png', { layers: ['layer3.2.conv2'] });
   */
  async activations(image: PictureInput, options: LayersOptions): Promise<Readonly<Record<string, Output>>> {
    checkOptions('activations', options, layersKinds, ['layers']);
    return this.#calls.accept(options, (call) =>
      this.#explain(image, options, call, (explainer, picture) =>
        explainer.activations(picture, { layers: options.layers, signal: call.signal }),
      ),
    );
  }

  /**
   * What each of the C paths of every aggregated block contributes to a class that is seen in a picture: how large it is, its share of the
   * block's sum, and what the class's logit loses without it. See `pathContributions` of `cardinal-nn`. Throws as `explain`, a
   * `CardinalError` if the network has no such block.
   */
  async pathContributions(image: PictureInput, options: PathsOptions = {}): Promise<PicturePaths> {
    checkOptions('pathContributions', options, pathsKinds);
    const { label, blocks, onProgress } = options;
    return this.#calls.accept(options, (call) =>
      this.#explain(image, options, call, (explainer, picture) =>
        explainer.pathContributions(picture, { label, blocks, onProgress, signal: call.signal }),
      ),
    );
  }

  /**
   * Frees the program's memory and ends the threads, so that the process can end; resolves when both are done. What is
   * being computed is finished first, those that wait, for a stream's rest as well, are refused with a `DisposedError`. With `drain`
   * all calls that were made are finished, and only new ones are refused: a server calls it with the requests that it has accepted.
   * May be called again, and then without `drain` to cut the draining short.
   */
  dispose(options?: DisposeOptions): Promise<void> {
    return this.#disposal.ask(options);
  }

  /** For `await using classifier = await loadClassifier(path)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #free(): Promise<void> {
    const { ownBackend, program, preparer, explainer } = this.#parts;
    await withEndings(async (endings) => {
      endings.add(() => ownBackend?.dispose());
      endings.add(() => program.dispose());
      endings.add(() => explainer?.dispose());
      endings.add(() => preparer.dispose());
      // What is left are iterations that take no more pictures.
      await this.#calls.close();
    });
  }

  #each(
    images: PictureInputs,
    { signal }: ClassifyManyOptions,
    classify: (image: unknown) => Promise<Classification[]>,
  ): AsyncGenerator<ClassifiedPicture, void, undefined> {
    return classifyEach(images, { signal }, this.#calls.end, classify, this.#ahead);
  }

  async #classify(
    image: unknown,
    { topK, ...options }: ClassifyOptions,
    call: Call,
  ): Promise<Classification[]> {
    const { name, classes, task, temperature } = this;
    const logits = await this.#logits(image, options, call);
    if (task === 'classes') return answerOf(name, logits, topK ?? 1, classes, temperature);
    return taskAnswer(task, name, requireNumbers(name, logits), topK, classes);
  }

  async #logits(image: unknown, options: LogitsOptions, call: Call): Promise<Float32Array> {
    const limits = pictureLimits(options, this.#parts.limits);
    const received = await this.#receive(image, limits, call);
    const accepted = performance.now();
    const leave = await this.#places.take(call.signal);
    try {
      call.signal.throwIfAborted();
      const picture = { received, preprocessing: this.preprocessing, limits };
      const { input, decode } = await this.#parts.preparer.prepare(picture, this.#contextOf(call));
      const computed = await this.#batcher.add(input, {
        signal: call.signal,
        onBegin: () => {
          leave();
          call.begun();
        },
      });
      tell(options, computed, accepted, decode);
      return computed.logits;
    } finally {
      leave();
    }
  }

  async #forward(inputs: Float32Array, pictures: number, options: TimedOptions, call: Call): Promise<Output> {
    const [, classes] = shapeOf(this.#parts.program, 'logits');
    const data = new Float32Array(pictures * classes);
    const accepted = performance.now();
    const add = async (row: number): Promise<void> => {
      const each = inputs.length / pictures;
      const picture = inputs.subarray(row * each, (row + 1) * each);
      const computed = await this.#batcher.add(toChannelsLast(picture, [1, ...this.input]), {
        signal: call.signal,
        onBegin: row === pictures - 1 ? call.begun : undefined,
      });
      data.set(computed.logits, row * classes);
      tell(options, computed, accepted, 0);
    };
    const waiting: Promise<void>[] = [];
    for (let row = 0; row < pictures; row++) {
      const added = add(row);
      // Whoever awaits it learns of a failure; another may come first.
      added.catch(() => undefined);
      waiting.push(added);
      // A batch of them at a time, so that many of one call do not keep others waiting.
      if (waiting.length >= this.#batcher.size) await waiting.shift();
    }
    await Promise.all(waiting);
    return { shape: [pictures, classes], data };
  }

  /** What is told of a decoded picture, which has a place until then. */
  async #explain<T>(
    image: unknown,
    options: PictureLimitOptions,
    call: Call,
    work: (explainer: PictureExplainer, picture: Picture) => Promise<T>,
  ): Promise<T> {
    const { explainer, preparer } = this.#parts;
    if (explainer === undefined) throw new CardinalError(`${this.name}: this classifier explains nothing`);
    const limits = pictureLimits(options, this.#parts.limits);
    const received = await this.#receive(image, limits, call);
    const leave = await this.#explained.take(call.signal);
    try {
      call.signal.throwIfAborted();
      const picture = await preparer.decode({ received, limits }, this.#contextOf(call));
      call.begun();
      return await work(explainer, picture);
    } finally {
      leave();
    }
  }

  /** A stream comes at its sender's pace: it must not keep a place from others. */
  #receive(image: unknown, limits: PictureLimits, { signal }: Call): Promise<ReceivedPicture> {
    return receivePicture(image, limits, this.#parts.platform, signal);
  }

  /** Of a picture that has a place. */
  #contextOf({ signal }: Call): PrepareContext {
    return { signal, alone: this.#places.taken + this.#explained.taken === 1 && !this.#batcher.busy };
  }
}

function tell(
  { onTimes }: TimedOptions,
  { compute, batch }: Computed,
  accepted: number,
  decode: number,
): void {
  const wait = Math.max(0, performance.now() - accepted - decode - compute);
  onTimes?.({ decode, wait, compute, batch });
}
