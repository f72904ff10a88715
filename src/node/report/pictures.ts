import sharp from 'sharp';
import type { Picture } from '../../data/dataset.ts';
import type { PictureDataset } from '../../data/source.ts';
import { pairsOf } from '../../report/pairs.ts';
import type { ClassifiedPicture } from '../../report/data.ts';
import { readPicture } from '../data/decode.ts';
import type { Classified } from './evaluate-best.ts';

/** Longest side of a picture in a report, in pixels. */
const thumbnailSide = 128;
/** Characters that the pictures of misclassified samples may take in a page, so that it opens at once and can be mailed. */
const budget = 3_000_000;
/** Pictures decoded at a time. */
const atOnce = 8;

/** Samples with their pictures. */
export async function withPictures(
  samples: readonly Classified[],
  dataset: PictureDataset,
): Promise<ClassifiedPicture[]> {
  return Promise.all(
    samples.map(async (sample) => ({ ...sample, picture: await thumbnail(dataset, sample.index) })),
  );
}

/**
 * All misclassified samples, with pictures as far as `limit` characters go. Each pair of classes gets one in turn, the most
 * frequent pair and its most confident mistake first, so that none is crowded out by a larger one.
 */
export async function withSomePictures(
  misclassified: readonly Classified[],
  dataset: PictureDataset,
  limit: number = budget,
): Promise<ClassifiedPicture[]> {
  const pairs = pairsOf(misclassified);
  const longest = Math.max(0, ...pairs.map(({ pictures }) => pictures.length));
  const inTurn = Array.from({ length: longest }, (_, rank) =>
    pairs.flatMap(({ pictures }) => pictures.slice(rank, rank + 1)),
  ).flat();
  const pictures = new Map<Classified, string>();
  let spent = 0;
  for (let first = 0; first < inTurn.length && spent < limit; first += atOnce) {
    const some = inTurn.slice(first, first + atOnce);
    const drawn = await Promise.all(some.map(({ index }) => thumbnail(dataset, index)));
    for (const [at, picture] of drawn.entries()) {
      if (picture === undefined || spent + picture.length > limit) continue;
      spent += picture.length;
      pictures.set(some[at], picture);
    }
  }
  return misclassified.map((sample) => ({ ...sample, picture: pictures.get(sample) }));
}

/** A `data:` URI; undefined if the file has gone or changed since it was evaluated. */
async function thumbnail(dataset: PictureDataset, index: number): Promise<string | undefined> {
  return readPicture(dataset, index).then(dataUri, () => undefined);
}

/** A small picture as a PNG, which keeps its pixels; a photo as a small JPEG. */
async function dataUri({ data, width, height, channels }: Picture): Promise<string> {
  const picture = sharp(data, { raw: { width, height, channels } });
  if (Math.max(width, height) <= 64) {
    return `data:image/png;base64,${(await picture.png({ compressionLevel: 9 }).toBuffer()).toString('base64')}`;
  }
  const small = picture.resize(thumbnailSide, thumbnailSide, { fit: 'inside' }).jpeg({ quality: 75 });
  return `data:image/jpeg;base64,${(await small.toBuffer()).toString('base64')}`;
}
