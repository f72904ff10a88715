import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { fileError, hasCode, isMissing } from '../../base/file-errors.ts';
import * as portable from '../../data/find-pictures.ts';
import { listingOf, type EntryKind, type Folders, type Listing } from '../../data/folders.ts';
import { readTextFile } from '../files.ts';
import { isPictureName } from './formats.ts';

/** Folders of the disk. */
export const nodeFolders: Folders = {
  list: listFolder,
  identify: (folder) =>
    realpath(folder).catch((error: unknown) => {
      throw fileError('read the folder', folder, error);
    }),
  join,
  below: (root, path) => relative(root, path).split(sep).join('/'),
  isPictureName,
};

async function listFolder(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read the folder', folder, error);
  });
  return listingOf(
    entries.map((entry) => ({ name: entry.name, kind: entry.isSymbolicLink() ? 'link' : kindOf(entry) })),
    { isPictureName },
    (name) => linked(join(folder, name)),
  );
}

function kindOf(entry: Dirent | Stats): EntryKind {
  return entry.isDirectory() ? 'folders' : entry.isFile() ? 'files' : 'specialFiles';
}

/** What a link leads to. */
async function linked(path: string): Promise<EntryKind> {
  try {
    return kindOf(await stat(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return 'brokenLinks';
    throw fileError('look at', path, error);
  }
}

/**
 * All pictures below `folder`, however deep: paths below it with `/` between their parts, in code-point order. Links are
 * followed. What is no picture is told to `place`. Throws a `CardinalError` if a folder cannot be read.
 */
export function findPictures(folder: string, place?: portable.Place): Promise<string[]> {
  return portable.findPictures(folder, nodeFolders, place);
}

/** Bytes that a file of class names has at most. */
export const mostNames = 2 ** 24;

/** The text of a file of names, or undefined if there is none. Throws a `CardinalError` if it cannot be read. */
export async function readNames(path: string): Promise<string | undefined> {
  try {
    return await readTextFile(path, mostNames);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
