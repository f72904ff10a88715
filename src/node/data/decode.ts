import type { Picture } from '../../data/dataset.ts';
import * as portable from '../../data/decode.ts';
import type { EncodedPicture } from '../../data/picture-forms.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import type { PictureDataset } from '../../data/source.ts';
import { nodePictures } from './pictures.ts';

/**
 * Reads a picture file, or the bytes of one, as bytes: the same that Pillow's `Image.open(file).convert('RGB')` gives, which
 * is what published networks were trained on, but for EXIF rotation, which is applied. `data/decode.ts` says the rest.
 *
 * @throws CardinalError with the file and the reason, if `file` is nothing that a picture can be read from, or if it has more
 * than `maxPixels` pixels or takes longer than `decodeSeconds`
 */
export function loadPicture(file: EncodedPicture, options: PictureLimitOptions = {}): Promise<Picture> {
  return portable.loadPicture(file, options, nodePictures);
}

/** Sample `index` of a dataset, as it is stored. Throws a `CardinalError` if it cannot be read. */
export function readPicture(dataset: PictureDataset, index: number): Promise<Picture> {
  return portable.readPicture(dataset, index, nodePictures);
}
