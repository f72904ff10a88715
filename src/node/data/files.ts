import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { CardinalError, messageOf } from '../../base/errors.ts';
import { pictureExtensions } from '../../data/picture-format.ts';

/** What lies directly in a folder, hidden entries left out, names in code-unit order. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * Lists a folder; symbolic links count as what they point to, broken ones are left out.
 *
 * @throws CardinalError if the folder cannot be read
 */
export async function listFolder(folder: string): Promise<Listing> {
  const folders: string[] = [];
  const files: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new CardinalError(`cannot read the folder ${folder}: ${messageOf(error)}`);
  });
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
    const kind = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry;
    if (kind?.isDirectory()) folders.push(entry.name);
    else if (kind?.isFile()) files.push(entry.name);
  }
  return { folders: folders.sort(), files: files.sort() };
}

export function isPictureName(name: string): boolean {
  return pictureExtensions.includes(extname(name).toLowerCase());
}

export interface FoundPictures {
  /** Paths below the folder, sorted. */
  readonly pictures: readonly string[];
  /** Files that are no pictures by their name. */
  readonly ignored: number;
}

/** All pictures below `folder`, however deep. A link back to one of `ancestors` is not followed. */
export async function findPictures(folder: string, ancestors: readonly string[] = []): Promise<FoundPictures> {
  const real = await realpath(folder);
  if (ancestors.includes(real)) return { pictures: [], ignored: 0 };
  const { folders, files } = await listFolder(folder);
  const pictures = files.filter(isPictureName);
  let ignored = files.length - pictures.length;
  for (const name of folders) {
    const below = await findPictures(join(folder, name), [...ancestors, real]);
    for (const picture of below.pictures) pictures.push(join(name, picture));
    ignored += below.ignored;
  }
  return { pictures: pictures.sort(), ignored };
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
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new CardinalError(`cannot read ${path}: ${messageOf(error)}`);
  });
  if (!path.endsWith('.gz')) return bytes;
  return await gunzipAsync(bytes, { maxOutputLength: largestUnzipped }).catch((error: unknown) => {
    throw new CardinalError(
      `${path} cannot be unzipped, it is truncated or no gzip file: ${messageOf(error)}`,
    );
  });
}

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
