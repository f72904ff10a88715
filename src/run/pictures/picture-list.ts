import type { PictureHashes } from '../../data/picture-record.ts';
import { fileSizeOf, isEncoded } from '../../data/file-source.ts';
import { memberOf } from '../../data/shards/members.ts';
import { labelText } from '../../data/targets.ts';
import { inMemory, keyOf, type PictureDataset } from '../../data/source.ts';
import type { OpenData } from '../../data/open-data.ts';
import { contentOf } from '../../data/record-pictures.ts';
import type { ListPlatform } from '../folder/platform.ts';

/** Where a run folder keeps the list of its pictures, so that one that has changed can be named. */
export const pictureListFile = 'pictures.jsonl.gz';

/** A line of it, in an array. */
export type ListedPicture = [
  part: 'train' | 'held out' | 'validation',
  /** Its class, and its name as it is wherever the data lies. */
  className: string,
  name: string,
  /** Bytes of its file or record; −1 if it cannot be had. */
  bytes: number,
  /** A hash of its content; empty if that was not read. */
  content: string,
];

/** What is known of the pictures that a run learns from and is validated on. */
export interface PictureList {
  /** A line of JSON for each, gzipped: a few bytes, where a string would take dozens and objects hundreds. There may be millions. */
  readonly zipped: Uint8Array;
  readonly hashes: PictureHashes;
}

/** Questions to the disk at a time, and pictures whose lines are passed on together. */
const atOnce = 64;

/**
 * Lists pictures: their files are looked at, and with `contents` read. Pictures in memory always have their contents in it,
 * which takes a second for a gigabyte of them.
 */
export function listPictures(
  { train, val, valHeldOut }: Pick<OpenData, 'train' | 'val' | 'valHeldOut'>,
  contents: boolean,
  platform: ListPlatform,
): Promise<PictureList> {
  const parts = [linesOf(train?.known ?? train, 'train', contents, platform)];
  if (val?.length) parts.push(linesOf(val, valHeldOut ? 'held out' : 'validation', contents, platform));
  return listOf(parts, contents, platform);
}

/** The lines of a dataset's pictures, some at a time. */
async function* linesOf(
  dataset: PictureDataset | undefined,
  part: ListedPicture[0],
  contents: boolean,
  { pictures }: ListPlatform,
): AsyncGenerator<string, void, undefined> {
  if (dataset === undefined) return;
  const { source } = dataset;
  const line = (index: number, size: number, content: string): string =>
    lineOf([part, labelText(dataset, index), keyOf(dataset, index), size, content]);
  const one = async (index: number): Promise<string> => {
    // What is known already is not waited for: there may be millions.
    if (source.kind === 'shards' && !contents) return line(index, memberOf(source, index).size, '');
    const size = isEncoded(source)
      ? // None that can be had has so many.
        await fileSizeOf(source, index, pictures).catch(() => -1)
      : inMemory(source).recordBytes;
    const content = contents || !isEncoded(source) ? await contentOf(dataset, index, pictures) : '';
    return line(index, size, content);
  };
  for (let first = 0; first < dataset.length; first += atOnce) {
    const next = Array.from({ length: Math.min(atOnce, dataset.length - first) }, (_, i) => one(first + i));
    yield (await Promise.all(next)).join('');
  }
}

/**
 * A list of the lines of training pictures, and of those to validate on if there are any. Its hashes are of their order, too, since on it
 * depends which picture stands where in an epoch.
 */
export async function listOf(
  parts: readonly AsyncIterable<string>[],
  contents: boolean,
  platform: Pick<ListPlatform, 'pack'>,
): Promise<PictureList> {
  const { zipped, sums } = await platform.pack(parts);
  return { zipped, hashes: hashesOf(sums[0], sums.at(1), contents) };
}

/** The hashes of lists of training and validation pictures; the latter are absent if there are none. */
export function hashesOf(train: string, validation: string | undefined, contents: boolean): PictureHashes {
  const short = (hash: string): string => hash.slice(0, 32);
  return {
    train: short(train),
    ...(validation === undefined ? {} : { validation: short(validation) }),
    ...(contents ? { contents } : {}),
  };
}

export function lineOf(picture: ListedPicture): string {
  return `${JSON.stringify(picture)}\n`;
}

export function sameHashes(a: PictureHashes, b: PictureHashes): boolean {
  return a.train === b.train && a.validation === b.validation && a.contents === b.contents;
}
