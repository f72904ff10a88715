import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import * as z from 'zod/mini';
import type { PictureHashes } from '../../data/picture-record.ts';
import { fileSizeOf } from '../../data/file-source.ts';
import { keyOf, type PictureDataset } from '../../data/source.ts';
import type { OpenData } from '../../data/open-data.ts';
import { contentOf } from '../../data/record-pictures.ts';
import { nodePictures } from '../../node/data/pictures.ts';

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
): Promise<PictureList> {
  const trained = train === undefined ? [] : await listed(train, 'train', contents);
  const evaluated =
    val === undefined ? [] : await listed(val, valHeldOut ? 'held out' : 'validation', contents);
  return listOf([...trained, ...evaluated], contents);
}

async function listed(
  dataset: PictureDataset,
  part: ListedPicture[0],
  contents: boolean,
): Promise<ListedPicture[]> {
  const { source, classes } = dataset;
  const one = async (index: number): Promise<ListedPicture> => {
    const size =
      source.kind === 'files'
        ? // None that can be had has so many.
          await fileSizeOf(source, index, nodePictures).catch(() => -1)
        : source.recordBytes;
    const content = contents || source.kind !== 'files' ? await contentOf(dataset, index, nodePictures) : '';
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
export function listOf(pictures: readonly ListedPicture[], contents: boolean): PictureList {
  const hashing = new Hashing();
  for (const picture of pictures) hashing.add(picture);
  return { pictures, hashes: hashing.hashes(contents) };
}

/** Hashes of a list whose pictures go by; of their order, too: on it depends which picture stands where in an epoch. */
class Hashing {
  readonly #train = createHash('sha256');
  readonly #validation = createHash('sha256');
  #validates = false;
  /** Of pictures so far. */
  count = 0;

  add(picture: ListedPicture): void {
    const [part] = picture;
    this.count++;
    if (part !== 'train') this.#validates = true;
    (part === 'train' ? this.#train : this.#validation).update(lineOf(picture));
  }

  hashes(contents: boolean): PictureHashes {
    const short = (hash: Hash): string => hash.digest('hex').slice(0, 32);
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

const zip = promisify(gzip);
/** A list as the bytes of its file: gzipped, a line of JSON for each picture. */
export function packList({ pictures }: PictureList): Promise<Uint8Array> {
  return zip(pictures.map(lineOf).join(''));
}

/**
 * Reads the file of a list; undefined if it is damaged, or not the list of these hashes. It is gone through once before anything of it
 * is kept: a file that becomes far more than it is takes no memory.
 */
export async function unpackList(bytes: Uint8Array, hashes: PictureHashes): Promise<PictureList | undefined> {
  try {
    const hashing = new Hashing();
    for await (const picture of picturesIn(bytes)) hashing.add(picture);
    if (!sameHashes(hashing.hashes(hashes.contents === true), hashes)) return undefined;
    const pictures: ListedPicture[] = [];
    for await (const picture of picturesIn(bytes)) pictures.push(picture);
    return { pictures, hashes };
  } catch {
    return undefined;
  }
}

/** How many pictures the file of a list names; undefined if it is damaged or none. */
export async function countListed(bytes: Uint8Array): Promise<number | undefined> {
  try {
    const hashing = new Hashing();
    for await (const picture of picturesIn(bytes)) hashing.add(picture);
    return hashing.count;
  } catch {
    return undefined;
  }
}

/** One after the other; throws anything if the bytes are damaged. */
async function* picturesIn(bytes: Uint8Array): AsyncGenerator<ListedPicture, void, undefined> {
  const gunzip = createGunzip({ chunkSize: 2 ** 16 });
  gunzip.end(bytes);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
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
