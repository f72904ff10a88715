import type { Backend, Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import type { Picture } from '../data/dataset.ts';
import { preprocess } from '../data/pipeline.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { prepareInference, shapeOf } from '../train/evaluate.ts';
import { topGuesses, type Guess } from '../train/guess.ts';
import { networkOf } from '../train/network.ts';
import { createNodeBackend, type NodeBackendOptions } from './backend.ts';
import { requireNames } from './class-names.ts';
import { loadPicture } from './data/decode.ts';
import { loadTrained, type LoadOptions, type Trained } from './trained.ts';

export interface ClassifierOptions extends LoadOptions, Omit<NodeBackendOptions, 'name'> {
  /** What computes; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: Backend | undefined;
  /** How pictures become inputs. Default: as the file says. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Names by label. Default: the file's, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
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
    const scores = await logits;
    if (!scores.every(Number.isFinite)) {
      throw new CardinalError(
        `${this.#program.plan.name} gives no finite numbers for this picture: the weights are damaged, or its training diverged`,
      );
    }
    return topGuesses(scores, topK).map((guess) => ({ class: this.classes[guess.label], ...guess }));
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
 * so does the network, if it is the registry's; any other is given as `model`. Weights of other programs (`.pth`,
 * safetensors) say less: then `model`, `preprocessing` and `classes` do.
 *
 *     const classifier = await loadClassifier('runs/demo/best.safetensors');
 *     const [best] = await classifier.classify('shoe.png');
 *     console.log(best.class, best.probability);
 *     await classifier.dispose();
 *
 * Throws a `CardinalError` if the file is damaged, of another network, or does not say how pictures are prepared.
 */
export async function loadClassifier(path: string, options: ClassifierOptions = {}): Promise<Classifier> {
  const { model, options: set, inChannels, partial, hub, ...rest } = options;
  const trained = await loadTrained(path, { model, options: set, inChannels, partial, hub });
  const preprocessing = options.preprocessing ?? trained.preprocessing;
  if (preprocessing === undefined) {
    throw new CardinalError(
      `${path} does not say how pictures are prepared: expected a checkpoint that training wrote, got weights alone; say it with preprocessing, for example imagenetPreprocessing`,
    );
  }
  return classifierOf(trained, { ...rest, preprocessing });
}

/** A network that is loaded already, ready to classify pictures. Classes without names are called by their numbers. */
export async function classifierOf(
  { model, description, classes: known }: Pick<Trained, 'model' | 'description' | 'classes'>,
  options: Omit<ClassifierOptions, keyof LoadOptions> & { readonly preprocessing: Preprocessing },
): Promise<Classifier> {
  const { backend: given, preprocessing, classes: named, ...engine } = options;
  const network = networkOf(model, [preprocessing.channels, ...preprocessing.size], description);
  const backend = given ?? (await createNodeBackend(engine));
  const own = given === undefined ? backend : undefined;
  try {
    const program = await prepareInference(network, backend, 1);
    const [, count] = shapeOf(program, 'logits');
    const classes = named ?? known ?? Array.from({ length: count }, (_, label) => String(label));
    requireNames(description.name, count, classes);
    return new Classifier(program, { classes, preprocessing }, own);
  } catch (error) {
    await own?.dispose();
    throw error;
  }
}
