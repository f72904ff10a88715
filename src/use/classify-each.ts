import { CardinalError, DisposedError } from '../base/errors.ts';
import type { ManySignals } from '../base/many-signals.ts';
import { abortSignal, wholeFrom, type Kinds } from '../base/options.ts';
import { untilAborted } from '../base/until-aborted.ts';
import { severalPictures, type PictureInput } from '../data/picture-forms.ts';
import { pictureLimitKinds, type PictureLimitOptions } from '../data/picture-limits.ts';
import type { Guess } from '../train/guess.ts';

/** A predicted class of a picture, with its name and probability. */
export interface Classification extends Guess {
  /** Name of the class; `label` is its number. */
  readonly class: string;
}

/** Limits of pictures: default, the classifier's. */
export interface ClassifyOptions extends PictureLimitOptions {
  /** How many classes to name. Default 1, of labels those over one half; all of them if there are fewer. */
  readonly topK?: number | undefined;
}

/** Options of `classifyMany` and `classifyEach`. */
export interface ClassifyManyOptions extends ClassifyOptions {
  /** Ends the work between pictures: with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

export const classifyKinds: Kinds<ClassifyOptions> = { topK: wholeFrom(1), ...pictureLimitKinds };
export const classifyManyKinds: Kinds<ClassifyManyOptions> = { ...classifyKinds, signal: abortSignal };

/** The answer for one of several pictures: its most likely classes, best first (or another `Answer`), or the error. */
export type ClassifiedPicture<Image = PictureInput, Answer = readonly Classification[]> = {
  /** Which of the pictures, from 0. */
  readonly index: number;
  readonly image: Image;
} & (
  | { readonly top: Answer; readonly error?: undefined }
  | { readonly top?: undefined; readonly error: CardinalError }
);

/** Pictures that are decoded at a time; each may take hundreds of MiB until it is resized. */
export const decodedAtOnce = 4;

/**
 * Classifies pictures by `classify`, at most `most` ahead of the answer that is waited for, and yields the answers in their order. Ends with the
 * reason of `signal` between two pictures; of `end` even while the next picture is waited for, once those that were taken are answered.
 */
export async function* classifyEach<Image, Answer = readonly Classification[]>(
  images: (Iterable<Image> & object) | AsyncIterable<Image>,
  { signal }: Pick<ClassifyManyOptions, 'signal'>,
  end: ManySignals,
  classify: (image: Image) => Promise<Answer>,
  most = decodedAtOnce,
): AsyncGenerator<ClassifiedPicture<Image, Answer>, void, undefined> {
  const ahead: Promise<ClassifiedPicture<Image, Answer>>[] = [];
  let index = 0;
  const ended = end.open();
  let isEnded = false;
  try {
    for await (const image of untilAborted(severalPictures(images), ended.signal)) {
      signal?.throwIfAborted();
      const classified = attempt(image as Image, index++, classify);
      // Whoever awaits it learns of a failure; nobody may get so far.
      classified.catch(() => undefined);
      ahead.push(classified);
      if (ahead.length > most) {
        const [first] = ahead.splice(0, 1);
        yield first;
      }
    }
  } catch (error) {
    if (!ended.signal.aborted || error !== ended.signal.reason) throw error;
    isEnded = true;
  } finally {
    ended.close();
  }
  for (const classified of ahead) {
    signal?.throwIfAborted();
    yield classified;
  }
  if (isEnded) ended.signal.throwIfAborted();
}

/** What `classifyEach` finds, as a list. Throws at the first picture that has an error, with its number. */
export async function allClassified(
  each: AsyncIterable<ClassifiedPicture<unknown>>,
): Promise<Classification[][]> {
  const found: Classification[][] = [];
  for await (const { index, top, error } of each) {
    if (error !== undefined) throw new CardinalError(`picture ${index}: ${error.message}`, { cause: error });
    found.push([...top]);
  }
  return found;
}

async function attempt<Image, Answer>(
  image: Image,
  index: number,
  classify: (image: Image) => Promise<Answer>,
): Promise<ClassifiedPicture<Image, Answer>> {
  try {
    return { index, image, top: await classify(image) };
  } catch (error) {
    if (!(error instanceof CardinalError) || error instanceof DisposedError) throw error;
    return { index, image, error };
  }
}
