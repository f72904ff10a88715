import { errorAnswer, type ErrorAnswer } from '../errors.ts';
import { serveErrorOf } from './errors.ts';

/**
 * What a request of pictures is answered with: of one picture, what `work` gives, and an error is the request's. Of several, a list in
 * their order, in which a picture that is at fault has its error, and stops none of the others.
 */
export async function answerEach<T extends object>(
  pictures: readonly Uint8Array[],
  work: (picture: Uint8Array) => Promise<T>,
): Promise<T | { readonly results: readonly (T | ErrorAnswer)[] }> {
  if (pictures.length === 1) return work(pictures[0]);
  const answers = await Promise.allSettled(pictures.map((picture) => orItsError(work(picture))));
  // Only now, when none is being worked on any more, does the request give back its place.
  return {
    results: answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    }),
  };
}

/** What is no fault of the picture's, a full queue or a deadline, is thrown. */
async function orItsError<T>(work: Promise<T>): Promise<T | ErrorAnswer> {
  try {
    return await work;
  } catch (thrown) {
    const error = serveErrorOf(thrown);
    if (!['unreadable_picture', 'unsupported_format'].includes(error.code)) throw thrown;
    return errorAnswer(error);
  }
}
