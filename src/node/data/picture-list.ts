import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import type { PictureHashes } from '../../data/picture-record.ts';
import { keyOf, type PictureDataset } from '../../data/source.ts';
import type { OpenData } from './open.ts';
import { contentOf } from './record.ts';

/** Where a run folder keeps the list of its pictures, so that one that has changed can be named. */
export const pictureListFile = 'pictures.jsonl.gz';

const parts = ['train', 'held out', 'validation'] as const;
const lineSchema = z.tuple([
  z.enum(parts),
  /** Its class, and its name as it is wherever the data lies. */
  z.string(),
  z.string(),
  /** Bytes of its file or record; −1 if it cannot be had. */
  z.int().min(-1),
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
  const judged = val === undefined ? [] : await listed(val, valHeldOut ? 'held out' : 'validation', contents);
  return listOf([...trained, ...judged], contents);
}

async function listed(
  dataset: PictureDataset,
  part: ListedPicture[0],
  contents: boolean,
): Promise<ListedPicture[]> {
  const { source, classes } = dataset;
  const one = async (index: number): Promise<ListedPicture> => {
    const size = source.kind === 'memory' ? source.recordBytes : await sizeOf(source.paths[index]);
    const content = contents || source.kind === 'memory' ? await contentOf(dataset, index) : '';
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

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => -1,
  );
}

function listOf(pictures: readonly ListedPicture[], contents: boolean): PictureList {
  const train = pictures.filter(([part]) => part === 'train');
  const validation = pictures.filter(([part]) => part !== 'train');
  return {
    pictures,
    hashes: {
      train: hashOf(train),
      ...(validation.length === 0 ? {} : { validation: hashOf(validation) }),
      ...(contents ? { contents } : {}),
    },
  };
}

/** Of their order, too: on it depends which picture stands where in an epoch. */
function hashOf(pictures: readonly ListedPicture[]): string {
  const hash = createHash('sha256');
  for (const picture of pictures) hash.update(lineOf(picture));
  return hash.digest('hex').slice(0, 32);
}

function lineOf(picture: ListedPicture): string {
  return `${JSON.stringify(picture)}\n`;
}

const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** A list as the bytes of its file: gzipped, a line of JSON for each picture. */
export function packList({ pictures }: PictureList): Promise<Uint8Array> {
  return zip(pictures.map(lineOf).join(''));
}

/** Reads the file of a list; undefined if it is damaged, or not the list of these hashes. */
export async function unpackList(bytes: Uint8Array, hashes: PictureHashes): Promise<PictureList | undefined> {
  const pictures = await picturesIn(bytes);
  const list = pictures && listOf(pictures, hashes.contents === true);
  return list && sameHashes(list.hashes, hashes) ? list : undefined;
}

/** Whether the bytes are those of a list's file. */
export async function isPictureList(bytes: Uint8Array): Promise<boolean> {
  return (await picturesIn(bytes)) !== undefined;
}

async function picturesIn(bytes: Uint8Array): Promise<ListedPicture[] | undefined> {
  try {
    const text = (await unzip(bytes, { maxOutputLength: 2 ** 29 })).toString();
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => lineSchema.parse(JSON.parse(line)));
  } catch {
    return undefined;
  }
}

export function sameHashes(a: PictureHashes, b: PictureHashes): boolean {
  return a.train === b.train && a.validation === b.validation && a.contents === b.contents;
}
