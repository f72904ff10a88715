import * as z from 'zod/mini';

import type { Backend, Program } from '../backends/backend.ts';
import { Disposal, type DisposeOptions } from '../base/disposal.ts';
import { withEndings, withUndo } from '../base/endings.ts';
import { CardinalError, DisposedError } from '../base/errors.ts';
import { ManySignals } from '../base/many-signals.ts';
import { nextTask } from '../base/next-task.ts';
import { checkKind, checkOptions, having, record } from '../base/options.ts';
import { Turns } from '../base/turns.ts';
import { validate } from '../base/validate.ts';
import type { Picture } from '../data/dataset.ts';
import { decodePicture } from '../data/decode.ts';
import type { PictureInput, PictureInputs } from '../data/picture-forms.ts';
import { receivePicture } from '../data/picture-input.ts';
import { preprocess } from '../data/pipeline.ts';
import { pictureLimits, type PictureLimitOptions, type PictureLimits } from '../data/picture-limits.ts';
import type { PicturePlatform } from '../data/picture-platform.ts';
import { preprocessingSchema, type Preprocessing } from '../data/preprocessing.ts';
import { prepareInference, shapeOf } from '../train/evaluate.ts';
import { topGuesses } from '../train/guess.ts';
import { inferenceNetworkOf, type InferenceNetwork } from '../train/inference-network.ts';
import { requireNames } from './require-names.ts';
import {
  allClassified,
  classifyEach,
  classifyKinds,
  classifyManyKinds,
  decodedAtOnce,
  type Classification,
  type ClassifiedPicture,
  type ClassifyManyOptions,
  type ClassifyOptions,
} from './classify-each.ts';
import type { Trained } from './trained.ts';

/**
 * Classifies pictures with a trained network; `loadClassifier` makes one. Any number of calls may be made at once:
 * pictures are computed one after the other, and between two of them everything else that waits in the process gets
 * its turn.
 */
export class Classifier {
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly #program: Program;
  readonly #limits: PictureLimits;
  readonly #platform: PicturePlatform;
  readonly #ownBackend: Backend | undefined;
  /** Decoded pictures have a place until they are computed. */
  readonly #places: Turns;
  /** The one program serves one picture after another. */
  readonly #turns: Turns;
  /** What was accepted and is not over. */
  readonly #calls: Turns;
  /** Aborted when nothing is waited for any more: neither the rest of a stream nor the next of several pictures. */
  readonly #end = new ManySignals();
  readonly #disposal: Disposal;

  constructor(
    program: Program,
    known: {
      readonly classes: readonly string[];
      readonly preprocessing: Preprocessing;
      readonly limits: PictureLimits;
      readonly platform: PicturePlatform;
    },
    ownBackend: Backend | undefined,
  ) {
    checkKind('Classifier', 'the program', program, having('one that loadClassifier loads', 'take', 'run'));
    checkKind('Classifier', 'what is known', known, record);
    this.classes = known.classes;
    this.preprocessing = known.preprocessing;
    this.#limits = known.limits;
    this.#platform = known.platform;
    this.#program = program;
    this.#ownBackend = ownBackend;
    const owner = `the classifier of ${program.plan.name}`;
    this.#places = new Turns(owner, { atOnce: decodedAtOnce });
    this.#turns = new Turns(owner);
    this.#calls = new Turns(owner, { atOnce: Infinity });
    this.#disposal = new Disposal({
      drain: () => this.#calls.close({ drain: true }),
      cut: () => this.#cut(owner),
      free: () => this.#free(owner),
    });
  }

  /**
   * Classifies a picture: its most likely classes, best first. `image` is a picture file (a path or a `file:` URL),
   * the bytes of one (an upload, say: Buffer, `Uint8Array`, `ArrayBuffer`, `Blob`, a stream), or raw pixels of 1 or 3
   * channels. Do not change the bytes before the answer is there. Throws a `CardinalError` if it is anything else or
   * cannot be read, a `DisposedError` if the classifier was disposed of.
   */
  async classify(image: PictureInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    checkOptions('classify', options, classifyKinds);
    return this.#accepted(image, options);
  }

  /**
   * Classifies several pictures, in their order: `[[best, second, …], …]`. At the first one that cannot be read, it
   * throws as `classify` does and takes no more of them; `classifyEach` goes on.
   */
  async classifyMany(images: PictureInputs, options: ClassifyManyOptions = {}): Promise<Classification[][]> {
    checkOptions('the options for several pictures', options, classifyManyKinds);
    // One call: draining finishes all of them.
    return this.#calls.take(() =>
      allClassified(classifyEach(images, options, this.#end, (image) => this.#classify(image, options))),
    );
  }

  /**
   * Classifies many pictures and yields each answer as soon as it is there, in their order. A picture that cannot be
   * read has an `error` in place of `top`, and does not stop the others. Pictures are taken from `images` a few
   * ahead, so it may be as long as one likes, and an async iterable.
   *
   *     for await (const { image, top, error } of classifier.classifyEach(files, { topK: 3 })) …
   *
   * Throws a `CardinalError` if `images` is not several pictures, a `DisposedError` if the classifier is disposed of:
   * with `drain` once those that were taken are answered.
   */
  async *classifyEach(
    images: PictureInputs,
    options: ClassifyManyOptions = {},
  ): AsyncGenerator<ClassifiedPicture, void, undefined> {
    checkOptions('the options for several pictures', options, classifyManyKinds);
    yield* classifyEach(images, options, this.#end, (image) => this.#accepted(image, options));
  }

  /**
   * Frees the program's memory and ends the threads, so that the process can end; resolves when both are done. A picture that is
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

  async #cut(owner: string): Promise<void> {
    this.#end.abort(new DisposedError(`${owner} was disposed of; make another to use it`));
    await Promise.all([this.#turns, this.#places, this.#calls].map((turns) => turns.close()));
  }

  async #free(owner: string): Promise<void> {
    await withEndings(async (endings) => {
      endings.add(() => this.#ownBackend?.dispose());
      endings.add(() => this.#program.dispose());
      // What is left are iterations that take no more pictures.
      await this.#cut(owner);
    });
  }

  #accepted(image: unknown, options: ClassifyOptions): Promise<Classification[]> {
    return this.#calls.take(() => this.#classify(image, options));
  }

  async #classify(image: unknown, { topK = 1, ...options }: ClassifyOptions): Promise<Classification[]> {
    // A stream comes at its sender's pace: it must not keep a place from others.
    const limits = pictureLimits(options, this.#limits);
    const received = await this.#end.during((end) => receivePicture(image, limits, this.#platform, end));
    const scores = await this.#places.take(async () =>
      this.#scores(await decodePicture(received, limits, this.#platform)),
    );
    if (!scores.every(Number.isFinite)) {
      throw new CardinalError(
        `${this.#program.plan.name} gives NaN or infinity for this picture: the weights are damaged, or its training diverged`,
      );
    }
    return topGuesses(scores, topK).map((guess) => ({ class: this.classes[guess.label], ...guess }));
  }

  #scores(picture: Picture): Promise<Float32Array> {
    return this.#turns.take(async () => {
      // Resizing and computing keep the thread busy: before either, what waits in the process goes first.
      await nextTask();
      const input = preprocess(picture, this.preprocessing);
      await nextTask();
      // A turn of the program's, too, so that a backend that drains knows of it.
      return this.#program.take(async () => {
        this.#program.write('input', input, 'channels_last');
        await this.#program.run('forward');
        return this.#program.read('logits');
      });
    });
  }
}

export interface ClassifierSetup extends PictureLimitOptions {
  /** What computes; a function makes one that is disposed of with the classifier. */
  readonly backend: Backend | (() => Promise<Backend>);
  readonly preprocessing: Preprocessing;
  /** Names by label. Default: those of the weights, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
}

/** Throws a `CardinalError` unless it is known how pictures are prepared for the weights called `source`. */
export function requirePreprocessing(known: Preprocessing | undefined, source: string): Preprocessing {
  if (known !== undefined) return known;
  throw new CardinalError(
    `${source} does not say how pictures are prepared: expected a checkpoint that training wrote, got weights alone; give preprocessing, for example imagenetPreprocessing`,
  );
}

/** A network that is loaded already, ready to classify pictures. Classes without names are called by their numbers. */
export async function classifierOf(
  { model, description, classes }: Pick<Trained, 'model' | 'description' | 'classes'>,
  setup: ClassifierSetup,
  platform: PicturePlatform,
): Promise<Classifier> {
  const preprocessing = validate(preprocessingSchema, setup.preprocessing, 'preprocessing');
  const network = inferenceNetworkOf(model, [preprocessing.channels, ...preprocessing.size], description);
  return classifierOfNetwork(network, classes, { ...setup, preprocessing }, platform);
}

/** The same of a network that is one for pictures of the preprocessing's size already; `known` are its classes' names, if it has any. */
export async function classifierOfNetwork(
  network: InferenceNetwork,
  known: readonly string[] | undefined,
  { backend: given, preprocessing, classes: listed, ...limits }: ClassifierSetup,
  platform: PicturePlatform,
): Promise<Classifier> {
  const named = validate(z.optional(z.array(z.string())), listed, 'classes');
  return withUndo(async (undo) => {
    const isOwn = typeof given === 'function';
    const backend = isOwn ? await given() : given;
    const own = isOwn ? backend : undefined;
    undo.add(() => own?.dispose());
    const program = await prepareInference(network, backend, 1);
    undo.add(() => program.dispose());
    const [, count] = shapeOf(program, 'logits');
    const classes = named ?? known ?? Array.from({ length: count }, (_, label) => String(label));
    requireNames(network.description.name, count, classes);
    return new Classifier(program, { classes, preprocessing, limits: pictureLimits(limits), platform }, own);
  });
}
