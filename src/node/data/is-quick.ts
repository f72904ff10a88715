import { resizedPixels } from '../../data/pipeline.ts';
import { pictureFormatOf } from '../../data/picture-format.ts';
import type { ReceivedPicture } from '../../data/picture-input.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import { storedSize } from './decode-small.ts';

/** Pixels of a picture, stored and resized, that is prepared in a few tenths of a millisecond. */
const mostPixels = 2 ** 14;
const mostBytes = 2 ** 15;

/**
 * Whether a picture is prepared about as fast as it is sent to another thread and its input is sent back: then the calling thread had better
 * do it. By the headers of JPEG and PNG, which need no native decoder.
 */
export function isQuick(received: ReceivedPicture, preprocessing: Preprocessing): boolean {
  if (received.kind !== 'bytes' || received.bytes.length > mostBytes) return false;
  const { bytes } = received;
  const format = pictureFormatOf(bytes);
  const size = format === undefined ? undefined : storedSize(bytes, format);
  if (size === undefined) return false;
  return Math.max(size.width * size.height, resizedPixels(size, preprocessing)) <= mostPixels;
}
