import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { readRegular } from './regular-file.ts';

/**
 * What run folders are made of: every operation that writes them, and those that read them, one by one. So tests can stop a
 * run before and after each, have it fail, or lose what was not synced. Errors are the system's own, with their `code`.
 */
export interface FileSystem {
  /** `wx` makes a new file, `a` writes at the end, `r+` changes one that is there. */
  open(path: string, flags: 'r' | 'r+' | 'wx' | 'a'): Promise<OpenFile>;
  /** An ordinary file whole, of at most `most` bytes, as `readRegular` reads it. */
  readFile(path: string, most?: number): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes one folder. */
  mkdir(path: string): Promise<void>;
  /** Removes a folder that is empty. */
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<FileStats>;
  /** Makes the names in a folder durable: what was made, renamed or removed in it. */
  syncFolder(path: string): Promise<void>;
}

export interface OpenFile {
  /** Reads into `bytes` from `position` on and gives how many it read; 0 at the end. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  /** Writes behind what was written before and gives how many bytes, which may be fewer than there are. */
  write(bytes: Uint8Array): Promise<number>;
  /** Cuts the file to so many bytes. */
  truncate(size: number): Promise<void>;
  /** Makes the contents durable. */
  sync(): Promise<void>;
  stat(): Promise<FileStats>;
  close(): Promise<void>;
}

export interface FileStats {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** The system's. */
export const nodeFileSystem: FileSystem = {
  async open(path, flags) {
    const file = await open(path, flags);
    return {
      read: async (bytes, position) => (await file.read(bytes, 0, bytes.length, position)).bytesRead,
      write: async (bytes) => (await file.write(bytes)).bytesWritten,
      truncate: (size) => file.truncate(size),
      sync: () => file.sync(),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  },
  readFile: readRegular,
  rename,
  unlink,
  mkdir: (path) => mkdir(path),
  rmdir: (path) => rmdir(path),
  readdir: (path) => readdir(path),
  stat: (path) => stat(path),
  async syncFolder(path) {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

const chosen = new AsyncLocalStorage<FileSystem>();

/** The file system of whoever calls: the system's own unless a test runs it on another. */
export function fileSystem(): FileSystem {
  return chosen.getStore() ?? nodeFileSystem;
}

/** Has all that `work` does, now and later, go through another file system. @internal for tests. */
export function onFileSystem<T>(other: FileSystem, work: () => T): T {
  return chosen.run(other, work);
}
