import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { CardinalError } from '../../base/errors.ts';
import type { PictureDataset } from '../../data/source.ts';
import { splitByClass } from '../../data/split.ts';
import { checkPictures } from './check.ts';
import { listFolder } from './files.ts';
import { findCifar, readCifar } from './read-cifar.ts';
import { readFolders } from './read-folders.ts';
import { findIdx, readIdx } from './read-idx.ts';
import type { DataKind, ReadData } from './reader.ts';

export interface OpenOptions {
  /** Decides which pictures are held out for validation. Default 0. */
  readonly seed?: number | undefined;
  /** Share of every training class that is held out where the source has no validation split. Default 0.1; 0: none. */
  readonly valFraction?: number | undefined;
  /** Class names to number the labels by (a checkpoint's). The data's own must be among them, or equal to them. */
  readonly classes?: readonly string[] | undefined;
  /** Decode every picture now and refuse the first that cannot be. */
  readonly strict?: boolean | undefined;
}

/** Labelled pictures of one source, ready to be loaded. */
export interface OpenData {
  readonly kind: DataKind;
  /** The folder as it was given. */
  readonly path: string;
  readonly classes: readonly string[];
  /** Channels of the pictures as they are stored: 1 for the IDX family, 3 otherwise. */
  readonly channels: 1 | 3;
  /** [H, W] that all pictures share; undefined for photos of all sizes. */
  readonly pictureSize: readonly [number, number] | undefined;
  readonly train: PictureDataset | undefined;
  readonly val: PictureDataset | undefined;
  readonly test: PictureDataset | undefined;
  /** True if `val` was held out of the training pictures because the source has none. */
  readonly valHeldOut: boolean;
  /** Files among the class folders that are no pictures by their name. */
  readonly ignoredFiles: number;
}

/**
 * Opens a folder of class folders, CIFAR-10 or -100 in its binary version, or IDX files, gzipped or not, whichever it
 * holds (or a folder directly in it, for the archives that unpack to one).
 *
 * @throws CardinalError in one line for everything that is wrong with the data
 */
export async function openData(path: string, options: OpenOptions = {}): Promise<OpenData> {
  const { seed = 0, valFraction = 0.1, strict = false } = options;
  if (!(valFraction >= 0 && valFraction < 1)) {
    throw new CardinalError(
      `the validation share must be at least 0 and less than 1, got ${valFraction}: use 0.1 for 10 %`,
    );
  }
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new CardinalError(`no such folder: ${path}`);
  if (!info.isDirectory()) {
    throw new CardinalError(`${path} is a file: expected the folder that holds the data`);
  }

  const read = await readAny(path, options.classes);
  const split =
    read.train && !read.val ? splitByClass(read.train, valFraction, seed) : { train: read.train, val: read.val };
  const opened = { ...read, ...split, path, valHeldOut: !read.val && split.val !== undefined };
  if (strict) await refuseUnreadable([read.train, read.val, read.test]);
  return opened;
}

async function readAny(path: string, wanted: readonly string[] | undefined): Promise<ReadData> {
  const { folders } = await listFolder(path);
  const unpacked = folders.filter((name) => unpackedNames.includes(name)).map((name) => join(path, name));
  for (const folder of [path, ...unpacked]) {
    const idx = await findIdx(folder);
    if (idx) return await readIdx(folder, idx, wanted);
    const cifar = await findCifar(folder);
    if (cifar) return await readCifar(folder, cifar, wanted);
  }
  return await readFolders(path, wanted);
}

/** Folders that the well-known archives and torchvision's downloads make. */
const unpackedNames: readonly string[] = ['cifar-10-batches-bin', 'cifar-100-binary', 'raw'];

async function refuseUnreadable(datasets: readonly (PictureDataset | undefined)[]): Promise<void> {
  for (const dataset of datasets) {
    if (!dataset) continue;
    const unreadable = await checkPictures(dataset);
    if (unreadable.length === 0) continue;
    const [first, ...others] = unreadable;
    const more = others.length > 0 ? ` (and ${others.length} more in ${basename(dataset.name)})` : '';
    throw new CardinalError(`${first.id} cannot be read: ${first.reason}${more}`);
  }
}
