import { largest } from '../../base/extremes.ts';
import type { PictureDataset } from '../../data/source.ts';
import { pairsOf } from '../../report/pairs.ts';
import type { ReportedPicture } from '../../report/data.ts';
import { readPicture } from '../../data/decode.ts';
import type { ReportPlatform } from './run-report.ts';
import type { Classified } from './evaluate-best.ts';

/** Longest side of a picture in a report, in pixels: of a sample, and of one misclassified picture among many. */
const sides = { sample: 224, misclassified: 160 } as const;
/** The same of a map over a picture. */
export const mapSide = sides.misclassified;
/** Characters that the misclassified pictures may take in a page, so that it opens at once and can be mailed. */
const budget = 4_000_000;
/** Pictures decoded at a time. */
const atOnce = 8;

/** Where the pictures are, and the folder that the page names them from. */
interface Source {
  readonly dataset: PictureDataset;
  readonly folder: string;
  /** Maps over some of them, by index. */
  readonly maps?: ReadonlyMap<number, string> | undefined;
}

/** Samples with their pictures. */
export async function withPictures(
  samples: readonly Classified[],
  { dataset, folder, maps }: Source,
  platform: ReportPlatform,
): Promise<ReportedPicture[]> {
  return Promise.all(
    samples.map(async (sample) => ({
      ...sample,
      id: platform.within(folder, sample.id),
      picture: await thumbnail(dataset, sample.index, sides.sample, platform),
      map: maps?.get(sample.index),
    })),
  );
}

/**
 * All misclassified samples, with pictures as far as `limit` characters go. Each pair of classes gets one in turn, the most
 * frequent pair and its most confident mistake first, so that none is crowded out by a larger one.
 */
export async function withSomePictures(
  misclassified: readonly Classified[],
  { dataset, folder, maps }: Source,
  platform: ReportPlatform,
  limit: number = budget,
): Promise<ReportedPicture[]> {
  const inTurn = pairByPair(misclassified);
  const pictures = new Map<Classified, string>();
  let spent = 0;
  for (let first = 0; first < inTurn.length && spent < limit; first += atOnce) {
    const some = inTurn.slice(first, first + atOnce);
    const drawn = await Promise.all(
      some.map(({ index }) => thumbnail(dataset, index, sides.misclassified, platform)),
    );
    for (const [at, picture] of drawn.entries()) {
      if (picture === undefined || spent + picture.length > limit) continue;
      spent += picture.length;
      pictures.set(some[at], picture);
    }
  }
  return misclassified.map((sample) => ({
    ...sample,
    id: platform.within(folder, sample.id),
    picture: pictures.get(sample),
    map: maps?.get(sample.index),
  }));
}

/** One of each pair of classes after the other, the most frequent pair and its most confident mistake first. */
export function pairByPair(misclassified: readonly Classified[]): Classified[] {
  const pairs = pairsOf(misclassified);
  const longest = largest(
    pairs.map(({ pictures }) => pictures.length),
    0,
  );
  return Array.from({ length: longest }, (_, rank) =>
    pairs.flatMap(({ pictures }) => pictures.slice(rank, rank + 1)),
  ).flat();
}

/** A `data:` URI; undefined if the file has gone or changed since it was evaluated, or there is no encoder. */
async function thumbnail(
  dataset: PictureDataset,
  index: number,
  side: number,
  { pictures, encode }: ReportPlatform,
): Promise<string | undefined> {
  if (encode === undefined) return undefined;
  return readPicture(dataset, index, pictures).then(
    (picture) => encode(picture, side),
    () => undefined,
  );
}
