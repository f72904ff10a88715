import { CardinalError, messageOf } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { blobOf, type FileContent } from '../../data/file-content.ts';
import { listingOf, type FolderEntry, type Folders, type Listing } from '../../data/folders.ts';
import { isPictureName } from '../../data/picture-names.ts';
import { entriesAtOnce, type PageFolder } from './file-tree.ts';

/** Folders of a page by paths, which are made of their names. */
export class ListedFolders implements Folders {
  readonly #known: Map<string, PageFolder | FileContent>;
  readonly #listings = new Map<string, Promise<Listing>>();

  constructor(name: string, root: PageFolder) {
    this.#known = new Map([[name, root]]);
  }

  list(path: string): Promise<Listing> {
    const listing = this.#listings.get(path) ?? this.#list(path);
    this.#listings.set(path, listing);
    return listing;
  }

  /** There are no links. */
  identify(path: string): Promise<string> {
    return Promise.resolve(path);
  }

  join(folder: string, name: string): string {
    return `${folder}/${name}`;
  }

  below(root: string, path: string): string {
    return path.slice(root.length + 1);
  }

  /** A folder must be the same data in every browser, so what only some of them read is left out. */
  readonly isPictureName = (name: string): boolean => isPictureName(name, { canDecode: () => false });

  readonly contentOf = (path: string): FileContent => {
    const content = this.#known.get(path);
    if (content === undefined || 'entries' in content) throw new CardinalError(`${path} is no file`);
    return content;
  };

  /** Whether a file was listed. */
  has(path: string): boolean {
    return this.#known.has(path);
  }

  async #list(path: string): Promise<Listing> {
    const folder = this.#known.get(path);
    if (folder === undefined || !('entries' in folder)) throw new CardinalError(`${path} is no folder`);
    const inside = await folder.entries().catch((error: unknown) => {
      throw new CardinalError(`cannot read the folder ${path}: ${messageOf(error)}`, { cause: error });
    });
    const entries: FolderEntry[] = [];
    for (const [name, entry] of inside) {
      this.#known.set(this.join(path, name), entry);
      entries.push({ name, kind: 'entries' in entry ? 'folders' : 'files' });
      if (entries.length % entriesAtOnce === 0) await nextTask();
    }
    // Sorting thousands of names is work enough for one turn.
    await nextTask();
    return await listingOf(entries, this, () => Promise.resolve('specialFiles'));
  }
}

/** The blob of a file. Throws a `CardinalError` if it is gone. */
export function openBlob(path: string, content: FileContent): ReturnType<typeof blobOf> {
  return blobOf(content).catch((error: unknown) => {
    throw new CardinalError(`cannot read ${path}: ${messageOf(error)}`, { cause: error });
  });
}
