import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { CardinalError } from '../../base/errors.ts';
import {
  anything,
  checkKind,
  checkOptions,
  finite,
  flag,
  text,
  texts,
  type Kinds,
} from '../../base/options.ts';
import { LeftOutTally } from '../../data/left-out.ts';
import { pictureLimitKinds, pictureLimits, type PictureLimits } from '../../data/picture-limits.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import type { ReadData } from '../../data/reader.ts';
import { splitByClass } from '../../data/split.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';
import { requireAllRead } from './check.ts';
import { listFolder } from './files.ts';
import { findCifar, readCifar } from './read-cifar.ts';
import { readFolders, tellBeside } from './read-folders.ts';
import { findIdx, readIdx } from './read-idx.ts';

const kinds: Kinds<OpenOptions> = {
  seed: finite,
  // With a message of its own.
  valFraction: anything,
  classes: texts,
  strict: flag,
  ...pictureLimitKinds,
};

/**
 * Opens a folder of class folders, CIFAR-10 or -100 in its binary version, or IDX files, gzipped or not, whichever it
 * holds (or a folder directly in it, for the archives that unpack to one).
 *
 * @throws CardinalError in one line for everything that is wrong with the data
 */
export async function openData(path: string, options: OpenOptions = {}): Promise<OpenData> {
  checkKind('openData', 'the data', path, { ...text, expected: 'the path of a folder' });
  checkOptions('openData', options, kinds);
  const { seed = 0, valFraction = 0.1, strict = false } = options;
  // A plain JavaScript caller may give text.
  if (!Number.isFinite(valFraction) || valFraction < 0 || valFraction >= 1) {
    throw new CardinalError(
      `the validation share must be at least 0 and less than 1, got ${valFraction}: use 0.1 for 10 %`,
    );
  }
  const info = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw fileError('open', path, error);
  });
  if (!info) throw new CardinalError(`no such folder: ${path}`);
  if (!info.isDirectory()) {
    throw new CardinalError(`${path} is a file: expected the folder that holds the data`);
  }

  const read = await readAny(path, options.classes, pictureLimits(options));
  const split =
    read.train && !read.val
      ? splitByClass(read.train, valFraction, seed)
      : { train: read.train, val: read.val };
  const valHeldOut = !read.val && split.val !== undefined;
  const heldOut = valHeldOut ? { seed, fraction: valFraction } : undefined;
  const opened = { ...read, ...split, path, valHeldOut, heldOut };
  if (strict) await requireAllRead(opened, ['train', 'val', 'test']);
  return opened;
}

async function readAny(
  path: string,
  wanted: readonly string[] | undefined,
  limits: PictureLimits,
): Promise<ReadData> {
  const listing = await listFolder(path);
  const unpacked = listing.folders
    .filter((name) => unpackedNames.includes(name))
    .map((name) => join(path, name));
  for (const folder of [path, ...unpacked]) {
    const idx = await findIdx(folder);
    const cifar = idx ? undefined : await findCifar(folder);
    if (!idx && !cifar) continue;
    const leftOut = new LeftOutTally();
    await tellBeside(path, { ...listing, files: [] }, new Set([folder]), leftOut);
    const read = idx ? await readIdx(folder, idx, wanted) : cifar && (await readCifar(folder, cifar, wanted));
    if (read) return { ...read, leftOut: leftOut.list() };
  }
  return await readFolders(path, limits, wanted);
}

/** Folders that the well-known archives and torchvision's downloads make. */
const unpackedNames: readonly string[] = ['cifar-10-batches-bin', 'cifar-100-binary', 'raw'];
