import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { byCodePoint } from '../../base/order.ts';
import type { LeftOutKind, LeftOutTally } from '../../data/left-out.ts';
import { fileError, hasCode, isMissing } from '../../base/file-errors.ts';
import { readTextFile } from '../files.ts';
import { leftOutFile } from '../../data/picture-names.ts';
import { isPictureName } from './formats.ts';
import type { SplitName } from '../../data/reader.ts';

/** What lies directly in a folder, hidden entries and those of operating systems left out, names in code-point order. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Pictures by their names, but for the dot that hides them; not those that macOS puts beside files (`._a.jpg`). */
  readonly hiddenPictures: readonly string[];
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
  const listing: Record<keyof Listing, string[]> = {
    folders: [],
    files: [],
    hiddenPictures: [],
    brokenLinks: [],
    specialFiles: [],
  };
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError('read the folder', folder, error);
  });
  for (const entry of entries) {
    if (systemNames.includes(entry.name.toLowerCase())) continue;
    if (entry.name.startsWith('.')) {
      if (entry.isFile() && !entry.name.startsWith('._') && isPictureName(entry.name)) {
        listing.hiddenPictures.push(entry.name);
      }
      continue;
    }
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
  /** The source's folder, to which paths in messages are relative. */
  readonly root: string;
  readonly split: SplitName | undefined;
  readonly leftOut: LeftOutTally;
}

/** Tells the tally of what in a listing is neither a folder nor a picture that can be read. */
export function tellLeftOut(folder: string, listing: Listing, { root, split, leftOut }: Place): void {
  const below = (name: string): string => pathBelow(root, join(folder, name));
  for (const name of listing.brokenLinks) leftOut.add('broken-link', below(name), { split });
  for (const name of listing.hiddenPictures) leftOut.add('hidden-picture', below(name), { split });
  for (const name of listing.specialFiles) leftOut.add('special-file', below(name), { split });
  for (const name of listing.files.filter((file) => !isPictureName(file))) {
    const { kind, ...more } = leftOutFile(name);
    leftOut.add(kind, below(name), { split, ...more });
  }
}

/** How often each real folder was walked through, under whatever names, while a source is read. */
export type Visits = Map<string, number>;

/** Folders may be linked into several classes, but not so often that a few links make millions of pictures. */
const mostVisits = 16;

/** What stands around a walk. */
interface Around {
  /** Real paths of the folders around, to which links lead back. */
  readonly ancestors?: readonly string[];
  readonly visits?: Visits;
}

/**
 * All pictures below `folder`, however deep: paths below it with `/` between their parts, in code-point order. Links are
 * followed, out of the folder too, but each real folder is gone through once, and none of `ancestors`. What is no picture is
 * told to `place`.
 *
 * @throws CardinalError if a folder cannot be read
 */
export async function findPictures(
  folder: string,
  place?: Place,
  { ancestors = [], visits = new Map() }: Around = {},
): Promise<string[]> {
  const pictures: string[] = [];
  const seen = new Set<string>();
  const walk = async (at: string, below: string, around: readonly string[]): Promise<void> => {
    const real = await realpath(at).catch((error: unknown) => {
      throw fileError('read the folder', at, error);
    });
    const tell = (kind: LeftOutKind, harmless: boolean): void =>
      place?.leftOut.add(kind, pathBelow(place.root, at), { split: place.split, harmless });
    if (around.includes(real)) {
      tell('circular-link', true);
      return;
    }
    const times = visits.get(real) ?? 0;
    if (seen.has(real) || times >= mostVisits) {
      // Of a folder that is in there already no picture is missed.
      tell('repeated-folder', seen.has(real));
      return;
    }
    seen.add(real);
    visits.set(real, times + 1);
    const listing = await listFolder(at);
    if (place !== undefined) tellLeftOut(at, listing, place);
    for (const name of listing.files) if (isPictureName(name)) pictures.push(below + name);
    for (const name of listing.folders) await walk(join(at, name), `${below}${name}/`, [...around, real]);
  };
  await walk(folder, '', ancestors);
  return pictures.sort(byCodePoint);
}

/** A path as messages show it: relative to `root`, with `/` between its parts on every system. */
export function pathBelow(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
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
