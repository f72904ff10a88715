import type { Picture } from '../data/dataset.ts';
import { checkDataset } from '../data/arguments.ts';
import * as portable from '../data/decode.ts';
import type { EncodedPicture } from '../data/picture-forms.ts';
import type { PictureLimitOptions } from '../data/picture-limits.ts';
import type { PicturePlatform } from '../data/picture-platform.ts';
import { recordReader } from '../data/read-records.ts';
import type { PictureDataset } from '../data/source.ts';
import { scriptsAt } from './scripts.ts';

let platform: Promise<PicturePlatform> | undefined;

/** Loaded when it is asked for: most pages leave decoding to their engine. */
function pictures(): Promise<PicturePlatform> {
  return (platform ??= import('./data/pictures.ts').then(({ webPictures }) => webPictures(scriptsAt())));
}

/**
 * Decodes a picture to the bytes that Node's `loadPicture` gives: a `File` or `Blob`, bytes, a stream. It takes its time where it is
 * called, so call it in a worker.
 *
 * @throws UnreadableError if it is damaged or no picture, or has more than `maxPixels` pixels; CardinalError for anything else
 */
export async function loadPicture(file: EncodedPicture, options: PictureLimitOptions = {}): Promise<Picture> {
  return portable.loadPicture(file, options, await pictures());
}

/** Kept as long as the data are: all pictures of a file are read with its first. */
const inMemory = recordReader();

/**
 * Sample `index` of a dataset, as it is stored, decoded where it is called. A file of many pictures, of CIFAR or MNIST, is read whole with
 * the first of them. Throws a `CardinalError` if it cannot be read.
 */
export async function readPicture(dataset: PictureDataset, index: number): Promise<Picture> {
  checkDataset('readPicture', dataset);
  const { source } = dataset;
  const readable = source.kind === 'records' ? { ...dataset, source: await inMemory(source) } : dataset;
  return portable.readPicture(readable, index, await pictures());
}
