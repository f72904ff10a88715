import * as z from 'zod/mini';
import type { PictureHashes } from '../../data/picture-record.ts';
import { fileSizeOf } from '../../data/file-source.ts';
import { keyOf, type PictureDataset } from '../../data/source.ts';
import type { OpenData } from '../../data/open-data.ts';
import { contentOf } from '../../data/record-pictures.ts';
import type { ListPlatform, RunningHash } from '../folder/platform.ts';

/** Where a run folder keeps the list of its pictures, so that one that has changed can be named. */
export const pictureListFile = 'pictures.jsonl.gz';

const parts = ['train', 'held out', 'validation'] as const;
const lineSchema = z.tuple([
  z.enum(parts),
  /** Its class, and its name as it is wherever the data lies. */
  z.string(),
  z.string(),
  /** Bytes of its file or record; −1 if it cannot be had. */
  z.int().check(z.minimum(-1)),
  /** A hash of its content; empty if that was not read. */
  z.string(),
]);
export type ListedPicture = z.infer<typeof lineSchema>;

/** What is known of the pictures that a run learns from and is validated on. */
export interface PictureList {
  readonly pictures: readonly ListedPicture[];
  readonly hashes: PictureHashes;
}

/** Questions to the disk at a time. */
const atOnce = 64;

/**
 * Lists pictures: their files are looked at, and with `contents` read. Pictures in memory always have their contents in it,
 * which takes a second for a gigabyte of them.
 */
export async function listPictures(
  { train, val, valHeldOut }: Pick<OpenData, 'train' | 'val' | 'valHeldOut'>,
  contents: boolean,
  platform: ListPlatform,
): Promise<PictureList> {
  const trained = train === undefined ? [] : await listed(train, 'train', contents, platform);
  const evaluated =
    val === undefined ? [] : await listed(val, valHeldOut ? 'held out' : 'validation', contents, platform);
  return listOf([...trained, ...evaluated], contents, platform);
}

async function listed(
  dataset: PictureDataset,
  part: ListedPicture[0],
  contents: boolean,
  platform: ListPlatform,
): Promise<ListedPicture[]> {
  const { source, classes } = dataset;
  const one = async (index: number): Promise<ListedPicture> => {
    const size =
      source.kind === 'files'
        ? // None that can be had has so many.
          await fileSizeOf(source, index, platform.pictures).catch(() => -1)
        : source.recordBytes;
    const content =
      contents || source.kind !== 'files' ? await contentOf(dataset, index, platform.pictures) : '';
    return [part, classes[dataset.label(index)], keyOf(dataset, index), size, content];
  };
  const pictures: ListedPicture[] = [];
  while (pictures.length < dataset.length) {
    const { length } = pictures;
    const next = Array.from({ length: Math.min(atOnce, dataset.length - length) }, (_, i) => length + i);
    for (const picture of await Promise.all(next.map(one))) pictures.push(picture);
  }
  return pictures;
}

/** A list of these pictures, and its hashes. */
export function listOf(
  pictures: readonly ListedPicture[],
  contents: boolean,
  platform: Pick<ListPlatform, 'newSha256'>,
): PictureList {
  const hashing = new Hashing(platform);
  for (const picture of pictures) hashing.add(picture);
  return { pictures, hashes: hashing.hashes(contents) };
}

/** Hashes of a list whose pictures go by; of their order, too: on it depends which picture stands where in an epoch. */
class Hashing {
  readonly #train: RunningHash;
  readonly #validation: RunningHash;
  #validates = false;

  constructor(platform: Pick<ListPlatform, 'newSha256'>) {
    this.#train = platform.newSha256();
    this.#validation = platform.newSha256();
  }

  add(picture: ListedPicture): void {
    const [part] = picture;
    if (part !== 'train') this.#validates = true;
    (part === 'train' ? this.#train : this.#validation).update(lineOf(picture));
  }

  hashes(contents: boolean): PictureHashes {
    const short = (hash: RunningHash): string => hash.digest().slice(0, 32);
    return {
      train: short(this.#train),
      ...(this.#validates ? { validation: short(this.#validation) } : {}),
      ...(contents ? { contents } : {}),
    };
  }
}

function lineOf(picture: ListedPicture): string {
  return `${JSON.stringify(picture)}\n`;
}

/** A list as the bytes of its file: gzipped, a line of JSON for each picture. */
export function packList(
  { pictures }: PictureList,
  platform: Pick<ListPlatform, 'gzip'>,
): Promise<Uint8Array> {
  return platform.gzip(pictures.map(lineOf).join(''));
}

/**
 * Reads the file of a list; undefined if it is damaged, or not the list of these hashes. It is gone through once before anything of it
 * is kept: a file that becomes far more than it is takes no memory.
 */
export async function unpackList(
  bytes: Uint8Array,
  hashes: PictureHashes,
  platform: Pick<ListPlatform, 'newSha256' | 'gunzip'>,
): Promise<PictureList | undefined> {
  try {
    const hashing = new Hashing(platform);
    for await (const picture of picturesIn(bytes, platform)) hashing.add(picture);
    if (!sameHashes(hashing.hashes(hashes.contents === true), hashes)) return undefined;
    const pictures: ListedPicture[] = [];
    for await (const picture of picturesIn(bytes, platform)) pictures.push(picture);
    return { pictures, hashes };
  } catch {
    return undefined;
  }
}

/** How many pictures the file of a list names; undefined if it is damaged or none. */
export async function countListed(
  bytes: Uint8Array,
  platform: Pick<ListPlatform, 'gunzip'>,
): Promise<number | undefined> {
  try {
    let count = 0;
    const pictures = picturesIn(bytes, platform);
    while ((await pictures.next()).done !== true) count++;
    return count;
  } catch {
    return undefined;
  }
}

/** One after the other; throws anything if the bytes are damaged. */
async function* picturesIn(
  bytes: Uint8Array,
  { gunzip }: Pick<ListPlatform, 'gunzip'>,
): AsyncGenerator<ListedPicture, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of gunzip(bytes)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Error('a line without an end');
    for (const line of lines) yield lineSchema.parse(JSON.parse(line));
  }
  rest += decoder.decode();
  if (rest !== '') throw new Error('a line without an end');
}

/** Characters of a line: names of a class and a file, each up to what file systems allow. */
const longestLine = 2 ** 17;

export function sameHashes(a: PictureHashes, b: PictureHashes): boolean {
  return a.train === b.train && a.validation === b.validation && a.contents === b.contents;
}
