import { isAbsolute, relative } from 'node:path';
import { largest } from '../../base/extremes.ts';
import type { Picture } from '../../data/dataset.ts';
import type { PictureDataset } from '../../data/source.ts';
import { pairsOf } from '../../report/pairs.ts';
import type { ReportedPicture } from '../../report/data.ts';
import { readPicture } from '../../node/data/decode.ts';
import { findSharp } from '../../node/sharp.ts';
import type { Classified } from './evaluate-best.ts';

/** Longest side of a picture in a report, in pixels: of a sample, and of one misclassified picture among many. */
const sides = { sample: 128, misclassified: 96 } as const;
/** Characters that the misclassified pictures may take in a page, so that it opens at once and can be mailed. */
const budget = 4_000_000;
/** Pictures decoded at a time. */
const atOnce = 8;

/** Where the pictures are, and the folder that the page names them from. */
interface Source {
  readonly dataset: PictureDataset;
  readonly folder: string;
}

/** Samples with their pictures. */
export async function withPictures(
  samples: readonly Classified[],
  { dataset, folder }: Source,
): Promise<ReportedPicture[]> {
  return Promise.all(
    samples.map(async (sample) => ({
      ...sample,
      id: shortId(sample.id, folder),
      picture: await thumbnail(dataset, sample.index, sides.sample),
    })),
  );
}

/**
 * All misclassified samples, with pictures as far as `limit` characters go. Each pair of classes gets one in turn, the most
 * frequent pair and its most confident mistake first, so that none is crowded out by a larger one.
 */
export async function withSomePictures(
  misclassified: readonly Classified[],
  { dataset, folder }: Source,
  limit: number = budget,
): Promise<ReportedPicture[]> {
  const pairs = pairsOf(misclassified);
  const longest = largest(
    pairs.map(({ pictures }) => pictures.length),
    0,
  );
  const inTurn = Array.from({ length: longest }, (_, rank) =>
    pairs.flatMap(({ pictures }) => pictures.slice(rank, rank + 1)),
  ).flat();
  const pictures = new Map<Classified, string>();
  let spent = 0;
  for (let first = 0; first < inTurn.length && spent < limit; first += atOnce) {
    const some = inTurn.slice(first, first + atOnce);
    const drawn = await Promise.all(some.map(({ index }) => thumbnail(dataset, index, sides.misclassified)));
    for (const [at, picture] of drawn.entries()) {
      if (picture === undefined || spent + picture.length > limit) continue;
      spent += picture.length;
      pictures.set(some[at], picture);
    }
  }
  return misclassified.map((sample) => ({
    ...sample,
    id: shortId(sample.id, folder),
    picture: pictures.get(sample),
  }));
}

/** A path within the folder of the data; what lies elsewhere keeps its own. */
function shortId(id: string, folder: string): string {
  const within = relative(folder, id);
  return isAbsolute(id) === isAbsolute(folder) && within !== '' && !within.startsWith('..') ? within : id;
}

/** A `data:` URI; undefined if the file has gone or changed since it was evaluated, or there is no encoder. */
async function thumbnail(dataset: PictureDataset, index: number, side: number): Promise<string | undefined> {
  const sharp = findSharp();
  if (sharp === undefined) return undefined;
  return readPicture(dataset, index).then(
    (picture) => dataUri(sharp, picture, side),
    () => undefined,
  );
}

/** A small picture as a PNG, which keeps its pixels; a photo as a small WebP. */
async function dataUri(
  sharp: NonNullable<ReturnType<typeof findSharp>>,
  { data, width, height, channels }: Picture,
  side: number,
): Promise<string> {
  const picture = sharp(data, { raw: { width, height, channels } });
  if (Math.max(width, height) <= 64) return uri('png', await picture.png({ compressionLevel: 9 }).toBuffer());
  return uri('webp', await picture.resize(side, side, { fit: 'inside' }).webp({ quality: 70 }).toBuffer());
}

function uri(type: 'png' | 'webp', bytes: Buffer): string {
  return `data:image/${type};base64,${bytes.toString('base64')}`;
}
