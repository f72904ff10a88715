import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FilePlatform, FileSystem } from '../run/folder/file-system.ts';
import { removeAtExit } from './leftovers.ts';
import { readRegular } from './regular-file.ts';

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

/** Has all that `work` does, now and later, go through another file system. @internal for tests. */
export function onFileSystem<T>(other: FileSystem, work: () => T): T {
  return chosen.run(other, work);
}

function current(): FileSystem {
  return chosen.getStore() ?? nodeFileSystem;
}

/** The system's own, unless a test runs whoever calls on another. */
const fileSystem: FileSystem = {
  open: (path, flags) => current().open(path, flags),
  readFile: (path, most) => current().readFile(path, most),
  rename: (from, to) => current().rename(from, to),
  unlink: (path) => current().unlink(path),
  mkdir: (path) => current().mkdir(path),
  rmdir: (path) => current().rmdir(path),
  readdir: (path) => current().readdir(path),
  stat: (path) => current().stat(path),
  syncFolder: (path) => current().syncFolder(path),
};

/** Files on Node. */
export const nodeFiles: FilePlatform = {
  files: fileSystem,
  paths: { join, dirname, basename, resolve },
  removeAtExit,
};
