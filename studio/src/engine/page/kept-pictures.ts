import { CardinalError } from 'cardinal-nn';
import type { MakeProgress, UploadedClass } from 'cardinal-nn/studio';
import { ofFiles } from './data-ids.ts';
import { storeError } from './no-room.ts';
import { writeTo } from './private-files.ts';

/** Hidden, so that it is not looked through for runs. */
const root = '.cardinal-studio';

/** Lies in a folder until all of its pictures do. */
const unfinished = '.unfinished';

/** Folders of pictures that a visitor made, in the private file system: they outlive the tab, so a run of theirs can go on. */
export class KeptPictures {
  /** Those that are complete. What a tab that was closed left of others is cleared away. */
  async names(): Promise<string[]> {
    const folder = await this.#root(false);
    if (folder === undefined) return [];
    const found: string[] = [];
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind !== 'directory') continue;
      if (!(await isUnfinished(handle))) found.push(name);
      else {
        await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
          // It may have been finished meanwhile.
          if (lock !== null && (await isUnfinished(handle)))
            await folder.removeEntry(name, { recursive: true }).catch(() => undefined);
        });
      }
    }
    return found.sort((a, b) => (a < b ? -1 : 1));
  }

  /** Throws a `CardinalError` if there is none of that name. */
  async folder(name: string): Promise<FileSystemDirectoryHandle> {
    const folder = await (await this.#root(false))?.getDirectoryHandle(name).catch(() => undefined);
    if (folder === undefined)
      throw new CardinalError(
        `the pictures "${name}" are not there any more: make them anew in the room Data`,
      );
    return folder;
  }

  /**
   * Writes pictures by their classes, all or none; gives what they are called, `name` or with a number behind it. Throws a `CardinalError`
   * if there is no room for them, or the signal's reason.
   */
  async make(
    name: string,
    classes: readonly UploadedClass[],
    fileOf: (upload: string) => File,
    progress: MakeProgress,
  ): Promise<string> {
    const files = classes.map(({ name: label, uploads }) => ({ label, files: uploads.map(fileOf) }));
    const all = await this.#root(true);
    const taken = new Set([ofFiles, ...(await this.names())]);
    for (let n = 1; ; n++) {
      const free = n === 1 ? name : `${name}-${n}`;
      if (taken.has(free)) continue;
      // Another tab may have taken the name, or be about to.
      const isMade = await navigator.locks.request(lockOf(free), { ifAvailable: true }, async (lock) => {
        if (lock === null || (await isThere(all, free))) return false;
        try {
          await write(await all.getDirectoryHandle(free, { create: true }), files, progress);
        } catch (error) {
          await all.removeEntry(free, { recursive: true }).catch(() => undefined);
          if (progress.signal.aborted) throw error;
          throw await storeError(error, `the pictures "${free}" could not be kept`);
        }
        return true;
      });
      if (isMade) return free;
    }
  }

  #root(create: true): Promise<FileSystemDirectoryHandle>;
  #root(create: false): Promise<FileSystemDirectoryHandle | undefined>;
  async #root(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    const all = await navigator.storage.getDirectory();
    const found = all.getDirectoryHandle(root, { create });
    return create ? found : found.catch(() => undefined);
  }
}

/** Held while pictures of that name are made. */
function lockOf(name: string): string {
  return `cardinal-studio data ${name}`;
}

function isUnfinished(folder: FileSystemDirectoryHandle): Promise<boolean> {
  return folder.getFileHandle(unfinished).then(
    () => true,
    () => false,
  );
}

function isThere(all: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  return all.getDirectoryHandle(name).then(
    () => true,
    () => false,
  );
}

/** Of so many pictures one is told. */
const told = 10;

async function write(
  folder: FileSystemDirectoryHandle,
  classes: readonly { readonly label: string; readonly files: readonly File[] }[],
  { signal, onProgress }: MakeProgress,
): Promise<void> {
  const total = classes.reduce((sum, { files: { length } }) => sum + length, 0);
  let done = 0;
  await folder.getFileHandle(unfinished, { create: true });
  for (const { label, files } of classes) {
    const inside = await folder.getDirectoryHandle(label, { create: true });
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      const ending = /\.[a-z0-9]{1,5}$/i.exec(file.name)?.[0] ?? '.jpg';
      const name = `${String(index + 1).padStart(5, '0')}${ending}`;
      const bytes = new Uint8Array(await file.arrayBuffer());
      await writeTo(await inside.getFileHandle(name, { create: true }), bytes);
      if (++done % told === 0) onProgress(done, total);
    }
  }
  await folder.removeEntry(unfinished);
  onProgress(total, total);
}
