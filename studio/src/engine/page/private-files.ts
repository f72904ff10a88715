declare global {
  /** What types of pages do not know. */
  interface FileSystemFileHandle {
    createSyncAccessHandle(): Promise<{
      write(bytes: Uint8Array): number;
      flush(): void;
      close(): void;
    }>;
    move(name: string): Promise<void>;
  }
}

/** What is wrong where a page has no private files, and what to do about it. */
export const keepsNothing =
  'This browser keeps no files for this page, so nothing can be trained or dropped here: open it in a window that is not private, by https or from localhost.';

/** Whether this page may keep files. */
export async function canKeepFiles(): Promise<boolean> {
  // Pages that came by plain http have no storage, whatever types say.
  const storage = navigator.storage as StorageManager | undefined;
  const locks = navigator.locks as LockManager | undefined;
  if (storage === undefined || !('getDirectory' in storage) || locks === undefined) return false;
  return storage.getDirectory().then(
    () => true,
    () => false,
  );
}

/** A file of the private file system by its path, `opfs:runs/pets/config.json`; undefined if there is none. */
export async function bytesAt(path: string): Promise<File | undefined> {
  const [folder, name] = placeOf(path);
  try {
    return await (await (await folderAt(folder)).getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

export async function textAt(path: string): Promise<string | undefined> {
  return (await bytesAt(path))?.text();
}

/** Writes a file whole or not at all. Rejects with the browser's error if there is no room. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const [folder, name] = placeOf(path);
  const inside = await folderAt(folder, true);
  // A run that is opened to go on clears away what has such a name.
  const temporary = `.${name}.${crypto.randomUUID()}.tmp`;
  const handle = await inside.getFileHandle(temporary, { create: true });
  try {
    await writeTo(handle, bytes);
    await handle.move(name);
  } catch (error) {
    await inside.removeEntry(temporary).catch(() => undefined);
    throw error;
  }
}

/** Writes all bytes of a new file. */
export async function writeTo(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const access = await handle.createSyncAccessHandle();
  try {
    if (access.write(bytes) !== bytes.length)
      throw new DOMException(`${handle.name} was written in part`, 'QuotaExceededError');
    access.flush();
  } finally {
    access.close();
  }
}

function placeOf(path: string): readonly [folder: readonly string[], name: string] {
  const parts = path.replace(/^opfs:\/*/, '').split('/');
  return [parts.slice(0, -1), parts[parts.length - 1]];
}

async function folderAt(parts: readonly string[], create = false): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create });
  return folder;
}
