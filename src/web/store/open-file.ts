import type { FileStats, OpenFile } from '../../run/folder/file-system.ts';
import { asFileError, nameOf, noRoom } from './errors.ts';

export function statsOf(size: number, kind: 'file' | 'directory'): FileStats {
  return { size, isFile: () => kind === 'file', isDirectory: () => kind === 'directory' };
}

/** A file that is read; it takes no access handle, so it can be read while another tab writes it. */
export class ReadFile implements OpenFile {
  readonly #path: string;
  readonly #handle: FileSystemFileHandle;

  constructor(path: string, handle: FileSystemFileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async read(bytes: Uint8Array, position: number): Promise<number> {
    const read = await readSlice(this.#path, this.#handle, position, position + bytes.length);
    bytes.set(read);
    return read.length;
  }

  async stat(): Promise<FileStats> {
    try {
      return statsOf((await this.#handle.getFile()).size, 'file');
    } catch (error) {
      throw await asFileError(this.#path, error);
    }
  }

  write(): Promise<number> {
    return Promise.reject(new Error(`${this.#path} is open for reading`));
  }

  truncate(): Promise<void> {
    return Promise.reject(new Error(`${this.#path} is open for reading`));
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** How often a file is read anew that changes while it is read: a snapshot of it is no longer valid then. */
const tries = 5;

/** Bytes of a file as it is now. Throws an error with a code. */
export async function readSlice(
  path: string,
  handle: FileSystemFileHandle,
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let count = 1; ; count++) {
    try {
      const file = await handle.getFile();
      return new Uint8Array(await file.slice(begin, end).arrayBuffer());
    } catch (error) {
      if (count === tries || nameOf(error) !== 'NotReadableError') throw await asFileError(path, error);
    }
  }
}

/** A file that is written, through an access handle: there is one at a time for a file. */
export class WrittenFile implements OpenFile {
  readonly #path: string;
  readonly #access: FileSystemSyncAccessHandle;
  readonly #appends: boolean;
  readonly #onClose: (access: FileSystemSyncAccessHandle) => void;
  #position = 0;

  constructor(
    path: string,
    access: FileSystemSyncAccessHandle,
    {
      appends,
      onClose,
    }: { readonly appends: boolean; readonly onClose: (access: FileSystemSyncAccessHandle) => void },
  ) {
    this.#path = path;
    this.#access = access;
    this.#appends = appends;
    this.#onClose = onClose;
  }

  read(bytes: Uint8Array, position: number): Promise<number> {
    return this.#do((access) => access.read(bytes, { at: position }));
  }

  async write(bytes: Uint8Array): Promise<number> {
    const written = await this.#do((access) => {
      const at = this.#appends ? access.getSize() : this.#position;
      const count = access.write(bytes, { at });
      this.#position = at + count;
      return count;
    });
    // Not every browser throws when there is no room.
    if (written === 0 && bytes.length > 0) throw await noRoom();
    return written;
  }

  truncate(size: number): Promise<void> {
    return this.#do((access) => {
      access.truncate(size);
    });
  }

  sync(): Promise<void> {
    return this.#do((access) => {
      access.flush();
    });
  }

  stat(): Promise<FileStats> {
    return this.#do((access) => statsOf(access.getSize(), 'file'));
  }

  close(): Promise<void> {
    this.#onClose(this.#access);
    return Promise.resolve();
  }

  async #do<T>(operation: (access: FileSystemSyncAccessHandle) => T): Promise<T> {
    try {
      return operation(this.#access);
    } catch (error) {
      throw await asFileError(this.#path, error);
    }
  }
}
