import * as portable from '../../data/check.ts';
import { nodePictures } from './pictures.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { SplitName } from '../../data/reader.ts';
import type { PictureDataset } from '../../data/source.ts';

/** Decodes every picture of a dataset, a few at a time on the decoder's own threads, and lists those that cannot be. */
export function checkPictures(
  dataset: PictureDataset,
  onProgress?: (done: number) => void,
): Promise<portable.UnreadablePicture[]> {
  return portable.checkPictures(dataset, onProgress, nodePictures);
}

/**
 * Throws a `CardinalError` if anything in these splits, or beside the splits, is left out and may be missed, or a picture
 * cannot be decoded. `datasets` are the pictures to decode, if not all of the splits.
 */
export function requireAllRead(
  data: Pick<OpenData, 'path' | 'leftOut' | SplitName>,
  splits: readonly SplitName[],
  datasets?: readonly (PictureDataset | undefined)[],
): Promise<void> {
  return portable.requireAllRead(data, splits, datasets, nodePictures);
}
