import type { Backend, Program } from '../backends/backend.ts';
import { Disposal, type DisposeOptions } from '../base/disposal.ts';
import { withUndo } from '../base/endings.ts';
import { DisposedError } from '../base/errors.ts';
import { ManySignals } from '../base/many-signals.ts';
import { nextTask } from '../base/next-task.ts';
import { checkOptions } from '../base/options.ts';
import { Turns } from '../base/turns.ts';
import type { Picture } from '../data/dataset.ts';
import { decodePicture } from '../data/decode.ts';
import type { PictureInput } from '../data/picture-forms.ts';
import { receivePicture } from '../data/picture-input.ts';
import { preprocess } from '../data/pipeline.ts';
import { pictureLimits, type PictureLimitOptions, type PictureLimits } from '../data/picture-limits.ts';
import type { PicturePlatform } from '../data/picture-platform.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import type { Targets } from '../data/task.ts';
import { prepareInference } from '../train/evaluate.ts';
import type { InferenceNetwork } from '../train/inference-network.ts';
import { plainAnswer } from './plain-answer.ts';
import { classNamesOf } from './require-names.ts';
import { classifyKinds, decodedAtOnce, type Classification, type ClassifyOptions } from './classify-each.ts';

/** How a `PlainClassifier` computes and prepares pictures. */
export interface PlainClassifierSetup extends PictureLimitOptions {
  readonly backend: Backend;
  readonly preprocessing: Preprocessing;
  /** Names by label. Default: those of the weights, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
  /** What the weights were calibrated to. */
  readonly temperature?: number | undefined;
  /** What is predicted, if not one class a picture. */
  readonly task?: Targets['task'] | undefined;
}

/**
 * Classifies pictures one after the other, in the thread that calls: what the engine of a page does. Any number of calls may be made at
 * once; between two pictures everything else that waits in the thread gets its turn.
 */
export class PlainClassifier {
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly #temperature: number | undefined;
  readonly #task: Targets['task'] | undefined;
  readonly #program: Program;
  readonly #limits: PictureLimits;
  readonly #platform: PicturePlatform;
  /** Decoded pictures have a place until they are computed. */
  readonly #places: Turns;
  /** The one program serves one picture after another. */
  readonly #turns: Turns;
  /** What was accepted and is not over. */
  readonly #calls: Turns;
  /** Aborted when the rest of a stream is not waited for any more. */
  readonly #end = new ManySignals();
  readonly #disposal: Disposal;

  constructor(
    program: Program,
    known: {
      readonly classes: readonly string[];
      readonly task: Targets['task'] | undefined;
      readonly preprocessing: Preprocessing;
      readonly limits: PictureLimits;
      readonly platform: PicturePlatform;
      readonly temperature?: number | undefined;
    },
  ) {
    this.classes = known.classes;
    this.preprocessing = known.preprocessing;
    this.#temperature = known.temperature;
    this.#task = known.task;
    this.#limits = known.limits;
    this.#platform = known.platform;
    this.#program = program;
    const owner = `the classifier of ${program.plan.name}`;
    this.#places = new Turns(owner, { atOnce: decodedAtOnce });
    this.#turns = new Turns(owner);
    this.#calls = new Turns(owner, { atOnce: Infinity });
    this.#disposal = new Disposal({
      drain: () => this.#calls.close({ drain: true }),
      cut: () => this.#cut(owner),
      free: async () => {
        await this.#cut(owner);
        await this.#program.dispose();
      },
    });
  }

  /** As `Classifier.classify`. */
  async classify(image: PictureInput, options: ClassifyOptions = {}): Promise<Classification[]> {
    checkOptions('classify', options, classifyKinds);
    return this.#calls.take(() => this.#classify(image, options));
  }

  /** As `Classifier.dispose`. */
  dispose(options?: DisposeOptions): Promise<void> {
    return this.#disposal.ask(options);
  }

  async #cut(owner: string): Promise<void> {
    this.#end.abort(new DisposedError(`${owner} was disposed of; make another to use it`));
    await Promise.all([this.#turns, this.#places, this.#calls].map((turns) => turns.close()));
  }

  async #classify(image: unknown, { topK, ...options }: ClassifyOptions): Promise<Classification[]> {
    // A stream comes at its sender's pace: it must not keep a place from others.
    const limits = pictureLimits(options, this.#limits);
    const received = await this.#end.during((end) => receivePicture(image, limits, this.#platform, end));
    const scores = await this.#places.take(async () =>
      this.#scores(await decodePicture(received, limits, this.#platform)),
    );
    return plainAnswer(this.#task, this.#program.plan.name, scores, this.classes, {
      topK,
      temperature: this.#temperature,
    });
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

/** A `PlainClassifier` of a network for pictures of the preprocessing's size; `named` are its classes' names, if it has any. */
export async function plainClassifierOf(
  network: InferenceNetwork,
  named: readonly string[] | undefined,
  { backend, preprocessing, temperature, task, classes: listed, ...limits }: PlainClassifierSetup,
  platform: PicturePlatform,
): Promise<PlainClassifier> {
  return withUndo(async (undo) => {
    const program = await prepareInference(network, backend, 1);
    undo.add(() => program.dispose());
    const classes = classNamesOf(program, listed, named);
    const known = { classes, task, preprocessing, temperature, limits: pictureLimits(limits), platform };
    return new PlainClassifier(program, known);
  });
}
