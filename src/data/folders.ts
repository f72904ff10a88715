import { byCodePoint } from '../base/order.ts';
import type { FileContent } from './file-content.ts';

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

/** Folders of whatever kind: of a disk, behind handles of a page, or made of the paths of a list of files. */
export interface Folders {
  /** Links count as what they point to. Throws a `CardinalError` if the folder cannot be read. */
  list(folder: string): Promise<Listing>;
  /** The same for two paths of one folder, links included. Throws a `CardinalError` if there is none. */
  identify(folder: string): Promise<string>;
  /** The path of what lies in a folder. */
  join(folder: string, name: string): string;
  /** A path as messages and keys have it: relative to `root`, with `/` between its parts on every system. */
  below(root: string, path: string): string;
  /** Whether a file is taken for a picture, by its name. */
  readonly isPictureName: (name: string) => boolean;
  /** What holds the bytes of a file that was listed, where its path alone does not lead to them. */
  readonly contentOf?: ((path: string) => FileContent) | undefined;
}

/** What an entry of a folder is. */
export type EntryKind = keyof Omit<Listing, 'hiddenPictures'>;

export interface FolderEntry {
  readonly name: string;
  readonly kind: EntryKind | 'link';
}

/** Sorts what lies in a folder. `follow` says what a link leads to. */
export async function listingOf(
  entries: Iterable<FolderEntry>,
  { isPictureName }: Pick<Folders, 'isPictureName'>,
  follow: (name: string) => Promise<EntryKind>,
): Promise<Listing> {
  const listing: Record<keyof Listing, string[]> = {
    folders: [],
    files: [],
    hiddenPictures: [],
    brokenLinks: [],
    specialFiles: [],
  };
  for (const { name, kind } of entries) {
    if (systemNames.includes(name.toLowerCase())) continue;
    if (!name.startsWith('.')) listing[kind === 'link' ? await follow(name) : kind].push(name);
    else if (kind === 'files' && !name.startsWith('._') && isPictureName(name))
      listing.hiddenPictures.push(name);
  }
  for (const list of Object.values(listing)) list.sort(byCodePoint);
  return listing;
}

/** What operating systems put into folders, in small letters. */
const systemNames: readonly string[] = ['__macosx', 'thumbs.db', 'desktop.ini', 'icon\r'];
