import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { CardinalError, messageOf } from '../../base/errors.ts';
import { byCodePoint } from '../../base/order.ts';
import type { LeftOutTally } from '../../data/left-out.ts';
import { fileError, hasCode, readFile } from '../files.ts';
import { isPictureName, leftOutFile } from './formats.ts';
import type { SplitName } from './reader.ts';

/** What lies directly in a folder, hidden entries and those of operating systems left out, names in code-point order. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Links to nothing. */
  readonly brokenLinks: readonly string[];
  /** Sockets, pipes, devices. */
  readonly specialFiles: readonly string[];
}

/**
 * Lists a folder; symbolic links count as what they point to.
 *
 * @throws CardinalError if the folder cannot be read
 */
export async function listFolder(folder: string): Promise<Listing> {
  const listing = { folders: [], files: [], brokenLinks: [], specialFiles: [] } as Record<
    keyof Listing,
    string[]
  >;
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read the folder', folder, error);
  });
  for (const entry of entries) {
    if (entry.name.startsWith('.') || systemNames.includes(entry.name.toLowerCase())) continue;
    const kind = entry.isSymbolicLink() ? await linked(join(folder, entry.name)) : entry;
    const list =
      kind === undefined
        ? listing.brokenLinks
        : kind.isDirectory()
          ? listing.folders
          : kind.isFile()
            ? listing.files
            : listing.specialFiles;
    list.push(entry.name);
  }
  for (const list of Object.values(listing)) list.sort(byCodePoint);
  return listing;
}

/** What a link leads to; undefined if to nothing. */
async function linked(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined;
    throw fileError('look at', path, error);
  }
}

/** What operating systems put into folders, in small letters. */
const systemNames: readonly string[] = ['__macosx', 'thumbs.db', 'desktop.ini', 'icon\r'];

/** Where in a source something lies, and where to say what is left out of it. */
export interface Place {
  /** The source's folder, which paths are told below. */
  readonly root: string;
  readonly split: SplitName | undefined;
  readonly leftOut: LeftOutTally;
}

/** Tells the tally of what in a listing is neither a folder nor a picture that can be read. */
export function tellLeftOut(folder: string, listing: Listing, { root, split, leftOut }: Place): void {
  const below = (name: string): string => pathBelow(root, join(folder, name));
  for (const name of listing.brokenLinks) leftOut.add('broken-link', below(name), { split });
  for (const name of listing.specialFiles) leftOut.add('special-file', below(name), { split });
  for (const name of listing.files.filter((file) => !isPictureName(file))) {
    const { kind, ...more } = leftOutFile(name);
    leftOut.add(kind, below(name), { split, ...more });
  }
}

/**
 * All pictures below `folder`, however deep: paths below it with `/` between their parts, in code-point order. A link back to
 * one of `ancestors` is not followed. What is no picture is told to `place`.
 */
export async function findPictures(
  folder: string,
  place?: Place,
  ancestors: readonly string[] = [],
): Promise<string[]> {
  const real = await realpath(folder);
  if (ancestors.includes(real)) {
    place?.leftOut.add('circular-link', pathBelow(place.root, folder), {
      split: place.split,
      harmless: true,
    });
    return [];
  }
  const listing = await listFolder(folder);
  if (place !== undefined) tellLeftOut(folder, listing, place);
  const pictures = listing.files.filter(isPictureName);
  for (const name of listing.folders) {
    const below = await findPictures(join(folder, name), place, [...ancestors, real]);
    // One after the other: a folder may hold more pictures than a call takes arguments.
    for (const picture of below) pictures.push(`${name}/${picture}`);
  }
  return pictures.sort(byCodePoint);
}

/** A path as it is told: below `root`, with `/` between its parts on every system. */
export function pathBelow(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}

const gunzipAsync = promisify(gunzip);

/** The largest unzipped file that is taken in, so that a small hostile one cannot fill the memory. */
const largestUnzipped = 2 ** 31;

/**
 * Reads a whole file, unzipped if its name ends in `.gz`.
 *
 * @throws CardinalError if it cannot be read or unzipped
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (!path.endsWith('.gz')) return bytes;
  return await gunzipAsync(bytes, { maxOutputLength: largestUnzipped }).catch((error: unknown) => {
    throw new CardinalError(
      `${path} cannot be unzipped, it is truncated or no gzip file: ${messageOf(error)}`,
    );
  });
}

/** Bytes that a file of class names has at most. */
export const mostNames = 2 ** 24;

/** The files' bytes one after the other in memory that workers can share. */
export function sharedConcat(parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(total));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
