import { CardinalError } from 'cardinal-nn';
import type { MakeProgress, UploadedClass } from 'cardinal-nn/studio';

declare global {
  /** What only workers have, and types of pages do not know. */
  interface FileSystemFileHandle {
    createSyncAccessHandle(): Promise<{ write(bytes: Uint8Array): number; close(): void }>;
  }
}

/** Hidden, so that it is not looked through for runs. */
const root = '.cardinal-studio';

/** Folders of pictures that a visitor made, in the private file system: they outlive the tab, so a run of theirs can go on. */
export class KeptPictures {
  async names(): Promise<string[]> {
    const found: string[] = [];
    const folder = await this.#root(false);
    if (folder === undefined) return found;
    for await (const [name, handle] of folder.entries()) if (handle.kind === 'directory') found.push(name);
    return found.sort((a, b) => (a < b ? -1 : 1));
  }

  /** Throws an `Error` if there is none of that name. */
  async folder(name: string): Promise<FileSystemDirectoryHandle> {
    const folder = await (await this.#root(false))?.getDirectoryHandle(name).catch(() => undefined);
    if (folder === undefined)
      throw new Error(`the pictures "${name}" are not there any more: make them anew`);
    return folder;
  }

  /**
   * Writes pictures by their classes; gives what they are called, `name` or with a number behind it. Throws a `CardinalError` if the browser
   * has no room, or the signal's reason; nothing of them is left then.
   */
  async make(
    name: string,
    classes: readonly UploadedClass[],
    fileOf: (upload: string) => File,
    { signal, onProgress }: MakeProgress,
  ): Promise<string> {
    const files = classes.map(({ name: label, uploads }) => ({ label, files: uploads.map(fileOf) }));
    const total = files.reduce((sum, { files: { length } }) => sum + length, 0);
    let done = 0;
    const all = await this.#root(true);
    const { free, folder } = await this.#newFolder(all, name);
    try {
      for (const { label, files: own } of files) {
        const inside = await folder.getDirectoryHandle(label, { create: true });
        for (const [index, file] of own.entries()) {
          signal.throwIfAborted();
          const ending = /\.[a-z0-9]{1,5}$/i.exec(file.name)?.[0] ?? '.jpg';
          await write(inside, `${String(index + 1).padStart(5, '0')}${ending}`, file);
          if (++done % 10 === 0) onProgress(done, total);
        }
      }
    } catch (error) {
      await all.removeEntry(free, { recursive: true }).catch(() => undefined);
      throw withReason(error);
    }
    onProgress(total, total);
    return free;
  }

  /** A folder that nobody has: another tab that makes one at the same time waits. */
  async #newFolder(
    all: FileSystemDirectoryHandle,
    name: string,
  ): Promise<{ readonly free: string; readonly folder: FileSystemDirectoryHandle }> {
    return navigator.locks.request('cardinal-studio pictures', async () => {
      const taken = new Set(await this.names());
      let free = name;
      for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
      return { free, folder: await all.getDirectoryHandle(free, { create: true }) };
    });
  }

  #root(create: true): Promise<FileSystemDirectoryHandle>;
  #root(create: false): Promise<FileSystemDirectoryHandle | undefined>;
  async #root(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    const all = await navigator.storage.getDirectory();
    const found = all.getDirectoryHandle(root, { create });
    return create ? found : found.catch(() => undefined);
  }
}

async function write(folder: FileSystemDirectoryHandle, name: string, file: File): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const target = await folder.getFileHandle(name, { create: true });
  const access = await target.createSyncAccessHandle();
  try {
    // A disk that is full takes a part, or throws.
    if (access.write(bytes) < bytes.length) throw new DOMException(name, 'QuotaExceededError');
  } finally {
    access.close();
  }
}

function withReason(error: unknown): unknown {
  return error instanceof DOMException && error.name === 'QuotaExceededError'
    ? new CardinalError(
        'the browser has no more room for this page: take fewer or smaller pictures, or delete runs and free the disk, then try again',
        { cause: error },
      )
    : error;
}
