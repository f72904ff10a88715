import type { Backend, Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import type { Picture } from '../data/dataset.ts';
import { preprocess } from '../data/pipeline.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { prepareInference } from '../train/evaluate.ts';
import { topGuesses, type Guess } from '../train/guess.ts';
import { networkOf } from '../train/network.ts';
import { createNodeBackend, type NodeBackendOptions } from './backend.ts';
import { loadPicture } from './data/decode.ts';
import { loadTrained, type LoadOptions } from './trained.ts';

export interface ClassifierOptions extends LoadOptions, Omit<NodeBackendOptions, 'name'> {
  /** What computes; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: Backend | undefined;
}

/** A class that a picture may be of. */
export interface Classification extends Guess {
  /** Name of the class; `label` is its number. */
  readonly class: string;
}

/** Tells what pictures show. Made by `loadClassifier`. */
export class Classifier {
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly #program: Program;
  readonly #ownBackend: Backend | undefined;
  /** The one program serves one picture after another, however many are asked for at once. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    program: Program,
    known: { readonly classes: readonly string[]; readonly preprocessing: Preprocessing },
    ownBackend: Backend | undefined,
  ) {
    this.classes = known.classes;
    this.preprocessing = known.preprocessing;
    this.#program = program;
    this.#ownBackend = ownBackend;
  }

  /**
   * The likeliest classes of a picture, best first. `image` is the path of a picture file, the bytes of one (an upload,
   * say), or a decoded picture. Throws a `CardinalError` if it cannot be read.
   */
  async classify(
    image: string | Uint8Array | Picture,
    { topK = 1 }: { readonly topK?: number } = {},
  ): Promise<Classification[]> {
    const picture =
      typeof image === 'string' || image instanceof Uint8Array ? await loadPicture(image) : image;
    const input = preprocess(picture, this.preprocessing);
    const logits = this.#turn.then(async () => {
      this.#program.write('input', input, 'channels_last');
      await this.#program.run('forward');
      return this.#program.read('logits');
    });
    this.#turn = logits.catch(() => undefined);
    return topGuesses(await logits, topK).map((guess) => ({ class: this.classes[guess.label], ...guess }));
  }

  /** Frees the program's memory and ends the threads, so that the process can end. */
  async dispose(): Promise<void> {
    await this.#turn;
    this.#program.dispose();
    await this.#ownBackend?.dispose();
  }

  /** For `await using classifier = await loadClassifier(path)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * A trained network ready to classify pictures: its weights, class names and preprocessing come from the checkpoint, and
 * so does the network, if it is the registry's; any other is given as `model`.
 *
 *     const classifier = await loadClassifier('runs/demo/best.safetensors');
 *     const [best] = await classifier.classify('shoe.png');
 *     console.log(best.class, best.probability);
 *     await classifier.dispose();
 *
 * Throws a `CardinalError` if the file is damaged, of another network, or no checkpoint of a training run.
 */
export async function loadClassifier(path: string, options: ClassifierOptions = {}): Promise<Classifier> {
  const { backend: given, model: named, options: set, ...engine } = options;
  const { model, description, classes, preprocessing } = await loadTrained(path, {
    model: named,
    options: set,
  });
  if (classes === undefined || preprocessing === undefined) {
    throw new CardinalError(
      `${path} does not say how pictures are prepared: expected a checkpoint that training wrote, got weights alone`,
    );
  }
  const network = networkOf(model, [preprocessing.channels, ...preprocessing.size], description);
  const backend = given ?? (await createNodeBackend(engine));
  const own = given === undefined ? backend : undefined;
  try {
    const program = await prepareInference(network, backend, 1);
    return new Classifier(program, { classes, preprocessing }, own);
  } catch (error) {
    await own?.dispose();
    throw error;
  }
}
