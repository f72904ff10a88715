import type { Times } from '../../use/batch/options.ts';
import { ServeError } from '../errors.ts';
import { serveErrorOf } from '../http/errors.ts';
import { requireFormat } from '../http/pictures.ts';
import type { ServeLimits } from '../limits.ts';
import type { ServedModel } from '../served-model.ts';

/** What goes with computing, whichever the input. */
export interface ComputeOptions {
  readonly limits: ServeLimits;
  readonly signal: AbortSignal;
  /** Called with the number of pictures before anything is computed. Throws a `ServeError` 429 if there are no places for them. */
  readonly takePlaces: (pictures: number) => void;
  readonly onTimes: (times: Times) => void;
}

/** Logits N×K of picture files. Throws a `ServeError` with the number of the first that cannot be read, and stops the others. */
export async function logitsOfPictures(
  { classifier, about }: ServedModel,
  pictures: readonly Uint8Array[],
  { limits: { maxPixels, decodeSeconds }, signal, onTimes }: ComputeOptions,
): Promise<Float32Array> {
  const stop = new AbortController();
  const options = { maxPixels, decodeSeconds, onTimes, signal: AbortSignal.any([signal, stop.signal]) };
  const rows = pictures.map(async (picture, index) => {
    try {
      requireFormat(picture);
      return await classifier.logits(picture, options);
    } catch (thrown) {
      throw numbered(thrown, index);
    }
  });
  try {
    const logits = new Float32Array(pictures.length * about.classes.length);
    (await Promise.all(rows)).forEach((row, index) => {
      logits.set(row, index * row.length);
    });
    return logits;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(rows);
    throw error;
  }
}

/** Logits N×K of prepared pictures N×C×H×W. */
export async function logitsOfTensor(
  { classifier }: ServedModel,
  inputs: Float32Array,
  { signal, onTimes }: ComputeOptions,
): Promise<Float32Array> {
  const { data } = await classifier.forward(inputs, { signal, onTimes });
  return data;
}

/** A picture's own fault, with its number. */
function numbered(thrown: unknown, index: number): unknown {
  const { status, code, message } = serveErrorOf(thrown);
  if (status !== 415 && status !== 422) return thrown;
  return new ServeError(status, code, `input image[${index}]: ${message}`, { cause: thrown });
}
