import type { UploadedClass } from 'cardinal-nn/studio';

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

  /** Writes pictures by their classes; gives what they are called, `name` or with a number behind it. */
  async make(
    name: string,
    classes: readonly UploadedClass[],
    fileOf: (upload: string) => File,
  ): Promise<string> {
    const taken = new Set(await this.names());
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
    const folder = await (await this.#root(true)).getDirectoryHandle(free, { create: true });
    for (const { name: label, uploads } of classes) {
      const inside = await folder.getDirectoryHandle(label, { create: true });
      for (const [index, upload] of uploads.entries()) {
        const file = fileOf(upload);
        const ending = /\.[a-z0-9]{1,5}$/i.exec(file.name)?.[0] ?? '.jpg';
        const target = await inside.getFileHandle(`${String(index + 1).padStart(5, '0')}${ending}`, {
          create: true,
        });
        const access = await target.createSyncAccessHandle();
        access.write(new Uint8Array(await file.arrayBuffer()));
        access.close();
      }
    }
    return free;
  }

  #root(create: true): Promise<FileSystemDirectoryHandle>;
  #root(create: false): Promise<FileSystemDirectoryHandle | undefined>;
  async #root(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
    const all = await navigator.storage.getDirectory();
    const found = all.getDirectoryHandle(root, { create });
    return create ? found : found.catch(() => undefined);
  }
}
