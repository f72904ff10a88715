import { described } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import { isPlain } from '../../base/options.ts';
import { nextTask } from '../../base/next-task.ts';
import type { BlobLike, FileContent, FileHandleLike } from '../../data/file-content.ts';
import type { StreamedBlob } from '../../data/picture-source.ts';

/** A `File`, or a `Blob` that has no name. */
export type PageFile = BlobLike & StreamedBlob & { readonly name?: string };

/** A list of files: an array, a `FileList`, anything that can be gone through. */
export type PageFiles = Iterable<PageFile> | ArrayLike<PageFile>;

/** What is asked of a `FileSystemDirectoryHandle`. */
export interface DirectoryHandleLike {
  readonly kind: string;
  readonly name: string;
  values(): AsyncIterable<
    DirectoryHandleLike | FileHandleLike | { readonly kind: string; readonly name: string }
  >;
}

/** Files by folders, which may have folders in them. */
export interface PageFolders {
  readonly [folder: string]: PageFiles | PageFolders;
}

/** A folder of a page: names, with what stands behind them. */
export interface PageFolder {
  readonly kind: 'folder';
  entries(): Promise<ReadonlyMap<string, PageFolder | FileContent>>;
}

/** Entries that are gone through before the page may draw. */
export const entriesAtOnce = 500;

/** A folder behind a handle; files that lie in it are opened when they are read. */
export function folderOfHandle(handle: DirectoryHandleLike): PageFolder {
  return {
    kind: 'folder',
    entries: async () => {
      const entries = new Map<string, PageFolder | FileContent>();
      for await (const entry of handle.values()) {
        entries.set(entry.name, 'values' in entry ? folderOfHandle(entry) : (entry as FileHandleLike));
        if (entries.size % entriesAtOnce === 0) await nextTask();
      }
      return entries;
    },
  };
}

/** A folder of files that were given by the names of their folders. Throws a `UsageError` for anything else. */
export async function folderOfLists(given: PageFolders): Promise<PageFolder> {
  const entries = new Map<string, PageFolder | FileContent>();
  for (const [name, inside] of Object.entries(given)) {
    if (name === '' || /[/\\]/.test(name)) {
      throw new UsageError(`openPictures: expected the name of a class, got ${described(name)}`);
    }
    const list = listOf(inside);
    if (list === undefined && !isPlain(inside)) {
      throw new UsageError(
        `openPictures: expected files for '${name}': an array, a FileList, or folders of them, got ${described(inside)}`,
      );
    }
    entries.set(
      name,
      list === undefined ? await folderOfLists(inside as PageFolders) : await folderOfFiles(list),
    );
  }
  return folderOf(entries);
}

/** A folder of files side by side: the second of one name gets a number. Throws a `UsageError` for what is no file. */
export async function folderOfFiles(files: readonly unknown[]): Promise<PageFolder> {
  const entries = new Map<string, FileContent>();
  /** Cameras and phones give thousands of files the same name. */
  const numbers = new Map<string, number>();
  for (const [index, file] of files.entries()) {
    if (index % entriesAtOnce === entriesAtOnce - 1) await nextTask();
    const name = nameOf(requireFile(file), index);
    let free = name;
    let n = numbers.get(name) ?? 1;
    while (entries.has(free)) free = numbered(name, ++n);
    numbers.set(name, n);
    entries.set(free, file as PageFile);
  }
  return folderOf(entries);
}

/** The folder that was chosen with `<input webkitdirectory>`, and its name; undefined if the files do not say where they lie. */
export async function chosenFolder(
  files: readonly unknown[],
): Promise<{ readonly name: string; readonly folder: PageFolder } | undefined> {
  const root = new Branch();
  for (const [index, file] of files.entries()) {
    if (index % entriesAtOnce === entriesAtOnce - 1) await nextTask();
    const { webkitRelativePath: path = '' } = file as { readonly webkitRelativePath?: string };
    const parts = path.split('/');
    if (parts.length < 2) return undefined;
    root.put(parts, requireFile(file));
  }
  const first = root.inside.entries().next().value;
  return first === undefined || root.inside.size > 1 || !('entries' in first[1])
    ? undefined
    : { name: first[0], folder: first[1] };
}

/** The files of a list; undefined if it is none. */
export function listOf(value: unknown): unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Symbol.iterator in value || ('length' in value && typeof value.length === 'number');
  return isList ? Array.from(value as ArrayLike<unknown>) : undefined;
}

/** A folder that is being put together. */
class Branch implements PageFolder {
  readonly kind = 'folder';
  readonly inside = new Map<string, Branch | FileContent>();

  put([name, ...deeper]: readonly string[], file: FileContent): void {
    if (deeper.length === 0) {
      this.inside.set(name, file);
      return;
    }
    const known = this.inside.get(name);
    const branch = known instanceof Branch ? known : new Branch();
    this.inside.set(name, branch);
    branch.put(deeper, file);
  }

  entries(): Promise<ReadonlyMap<string, PageFolder | FileContent>> {
    return Promise.resolve(this.inside);
  }
}

function folderOf(entries: ReadonlyMap<string, PageFolder | FileContent>): PageFolder {
  return { kind: 'folder', entries: () => Promise.resolve(entries) };
}

function requireFile(value: unknown): PageFile {
  if (typeof value === 'object' && value !== null && 'arrayBuffer' in value && 'size' in value)
    return value as PageFile;
  throw new UsageError(`openPictures: expected a File or a Blob, got ${described(value)}`);
}

/** Of a blob without one, what its type says that it is. */
function nameOf({ name, type }: PageFile, index: number): string {
  if (name !== undefined && name !== '') return name.replace(/[/\\]/g, '_');
  return `${index + 1}.${/^image\/(\w+)/.exec(type)?.[1] ?? 'jpg'}`;
}

/** `a (2).jpg` */
function numbered(name: string, n: number): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${n})${name.slice(dot)}` : `${name} (${n})`;
}
