import { nextTask } from '../../base/next-task.ts';
import type { Picture } from '../../data/dataset.ts';
import { decodePicture } from '../../data/decode.ts';
import type { ReceivedPicture } from '../../data/picture-input.ts';
import type { PictureLimits } from '../../data/picture-limits.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import { inputOf } from '../../data/pipeline.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';

/** A picture to be decoded; plain data, so that it can be sent to a thread. */
export interface PictureToDecode {
  readonly received: ReceivedPicture;
  readonly limits: PictureLimits;
}

/** One to be made the input of a network, and how. */
export interface PictureToPrepare extends PictureToDecode {
  readonly preprocessing: Preprocessing;
}

/** An input of a network. */
export interface Prepared {
  /** H×W×C. */
  readonly input: Float32Array;
  /** How long it took to decode, resize and normalise, in ms. */
  readonly decode: number;
}

/** Why pictures are prepared. */
export interface PrepareContext {
  /** Whoever asks does not want it any more: what has not begun need not be done. */
  readonly signal: AbortSignal;
  /** Nothing else is done meanwhile, so there is nothing beside which to do it. */
  readonly alone: boolean;
}

/**
 * What decodes and resizes pictures. Throws a `CardinalError` that names the picture if it cannot be read; the reason of the signal if that
 * is aborted before it is begun.
 */
export interface PicturePreparer {
  prepare(picture: PictureToPrepare, context: PrepareContext): Promise<Prepared>;
  decode(picture: PictureToDecode, context: PrepareContext): Promise<Picture>;
  /** Frees what is held for this user of it. */
  dispose(): Promise<unknown>;
}

/** Prepares a picture in the thread that calls. */
export async function prepareHere(
  { preprocessing, ...decodable }: PictureToPrepare,
  platform: PicturePlatform,
): Promise<Prepared> {
  const begun = performance.now();
  const picture = await decodeHere(decodable, platform);
  // Resizing keeps the thread busy: what waits in it goes first.
  await nextTask();
  const input = inputOf(picture, preprocessing);
  return { input, decode: performance.now() - begun };
}

/** Decodes one in the thread that calls. */
export function decodeHere(
  { received, limits }: PictureToDecode,
  platform: PicturePlatform,
): Promise<Picture> {
  return decodePicture(received, limits, platform);
}
