import { CardinalError } from '../base/errors.ts';
import type { Picture } from '../data/dataset.ts';
import { resize } from '../data/transforms/resize.ts';
import type { StudioPlatform } from './platform.ts';
import type { PictureRef } from './refs.ts';

/** The picture that a reference names, decoded. Throws a `CardinalError` if there is none, or it cannot be decoded. */
export async function pictureOf(
  platform: Pick<StudioPlatform, 'data' | 'readPicture' | 'uploaded'>,
  ref: PictureRef,
): Promise<Picture> {
  if ('upload' in ref) return platform.uploaded(ref.upload);
  const { data: id, split, index } = ref;
  const data = await platform.data(id);
  const dataset = data[split];
  if (dataset === undefined || index >= dataset.length) {
    throw new CardinalError(`${data.path} has ${dataset?.length ?? 0} ${split} pictures, no number ${index}`);
  }
  return platform.readPicture(dataset, index);
}

/** The picture, made smaller if a side of it is longer than `side`. */
export function shrunk(picture: Picture, side: number | undefined): Picture {
  const { width, height } = picture;
  const longer = Math.max(width, height);
  if (side === undefined || longer <= side) return picture;
  const scaled = (length: number): number => Math.max(1, Math.round((length * side) / longer));
  return resize(picture, scaled(width), scaled(height), 'bilinear');
}
