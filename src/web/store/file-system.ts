import { NotReadableError } from '../../base/file-errors.ts';
import { visible } from '../../base/quoted.ts';
import type { FileStats, FileSystem, OpenFile, OpenFlags } from '../../run/folder/file-system.ts';
import { asFileError, codedError, evicted, isAbsent, isLocked, nameOf } from './errors.ts';
import { readSlice, ReadFile, statsOf, WrittenFile } from './open-file.ts';
import { opfsPaths, partsOf } from './paths.ts';
import { privateRoot, requireAccessHandles } from './root.ts';

/** What newer browsers can do with a handle of the private file system, and not all types know. */
interface MovableHandle extends FileSystemFileHandle {
  move(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** Where something lies, or would. */
interface Place {
  readonly folder: FileSystemDirectoryHandle;
  readonly name: string;
}

/** A file that was closed and is kept open for a moment, because more is about to be written to it. */
interface Parked {
  readonly path: string;
  readonly access: FileSystemSyncAccessHandle;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Milliseconds for which a file that was added to stays open: to open one takes up to ten, at every step of a training. */
const parkedFor = 250;

/** Milliseconds for which a file that somebody has open is waited for: a worker that was ended lets its files go a little later. */
const patience = 4000;

/** The most that is read of a file whole, in bytes. */
const mostWhole = 2 ** 31;

/**
 * This site's private file system (OPFS) as run folders use one. For a dedicated worker: only there can files be written in
 * place. Writing takes an access handle, of which there is one at a time for a file in all tabs; reading takes none. `rename`
 * replaces a file that has the name, as POSIX does. Nothing makes names durable here: `syncFolder` has nothing to do.
 *
 * Throws a `CardinalError` where there is none to be had.
 */
export async function openFileSystem(): Promise<FileSystem> {
  const root = await privateRoot();
  requireAccessHandles();
  return new PrivateFileSystem(root);
}

class PrivateFileSystem implements FileSystem {
  readonly #root: FileSystemDirectoryHandle;
  #parked: Parked | undefined;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async open(path: string, flags: OpenFlags): Promise<OpenFile> {
    if (flags === 'r') return new ReadFile(path, await this.#file(await this.#place(path), path));
    const isKept = flags !== 'wx';
    const parked = isKept ? this.#takeParked(path) : undefined;
    const access = parked ?? (await this.#accessOf(path, flags));
    return new WrittenFile(path, access, {
      appends: flags === 'a',
      onClose: (done) => {
        if (isKept) this.#park(path, done);
        else done.close();
      },
    });
  }

  async readFile(path: string, most = mostWhole): Promise<Uint8Array> {
    const stats = await this.stat(path);
    if (!stats.isFile()) throw new NotReadableError(path, 'it is a folder, not a file');
    const handle = await this.#file(await this.#place(path), path);
    // One byte more tells a file that is larger than it may be, even if it grows meanwhile.
    const bytes = await readSlice(path, handle, 0, most + 1);
    if (bytes.length <= most) return bytes;
    throw new NotReadableError(
      path,
      `it has ${Math.max(stats.size, bytes.length)} bytes, at most ${most} are expected`,
    );
  }

  async rename(from: string, to: string): Promise<void> {
    this.#letGo(from, to);
    await this.#unlessEvicted(to, async () => {
      const source = (await this.#file(await this.#place(from), from)) as MovableHandle;
      const { folder, name } = await this.#place(to);
      await this.#patiently(to, () => source.move(folder, name));
    });
  }

  async unlink(path: string): Promise<void> {
    this.#letGo(path);
    const place = await this.#place(path);
    await this.#file(place, path);
    await this.#patiently(path, () => place.folder.removeEntry(place.name));
  }

  async mkdir(path: string): Promise<void> {
    const { folder, name } = await this.#place(path);
    if ((await this.#statIn(folder, name)) !== undefined)
      throw codedError('EEXIST', `${path} exists already`);
    await this.#do(path, () => folder.getDirectoryHandle(name, { create: true }));
  }

  async rmdir(path: string): Promise<void> {
    const { folder, name } = await this.#place(path);
    await this.#do(path, () => folder.getDirectoryHandle(name), 'ENOTDIR');
    await this.#do(path, () => folder.removeEntry(name));
  }

  async readdir(path: string): Promise<string[]> {
    const folder = await this.#folder(partsOf(path), path);
    return this.#do(path, async () => {
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    });
  }

  async stat(path: string): Promise<FileStats> {
    if (partsOf(path).length === 0) return statsOf(0, 'directory');
    const { folder, name } = await this.#place(path);
    const stats = await this.#do(path, () => this.#statIn(folder, name));
    if (stats === undefined) throw codedError('ENOENT', `there is no ${path}`);
    return stats;
  }

  async syncFolder(path: string): Promise<void> {
    await this.#folder(partsOf(path), path);
  }

  /** What has a name in a folder; undefined if nothing does. */
  async #statIn(folder: FileSystemDirectoryHandle, name: string): Promise<FileStats | undefined> {
    // Of a folder some browsers say that it is another kind than was asked for, and some that there is no such file.
    try {
      await folder.getDirectoryHandle(name);
      return statsOf(0, 'directory');
    } catch (error) {
      if (nameOf(error) === 'NotFoundError') return undefined;
      if (nameOf(error) !== 'TypeMismatchError') throw error;
    }
    const file = await folder.getFileHandle(name);
    return statsOf((await file.getFile()).size, 'file');
  }

  /** A file that is there. */
  #file({ folder, name }: Place, path: string): Promise<FileSystemFileHandle> {
    return this.#do(path, async () => {
      try {
        return await folder.getFileHandle(name);
      } catch (error) {
        const isFolder = isAbsent(error) && (await this.#statIn(folder, name))?.isDirectory() === true;
        throw isFolder ? codedError('EISDIR', `${path} is a folder`, error) : error;
      }
    });
  }

  #accessOf(path: string, flags: Exclude<OpenFlags, 'r'>): Promise<FileSystemSyncAccessHandle> {
    return flags === 'r+'
      ? this.#access(path, flags)
      : this.#unlessEvicted(path, () => this.#access(path, flags));
  }

  async #access(path: string, flags: Exclude<OpenFlags, 'r'>): Promise<FileSystemSyncAccessHandle> {
    const place = await this.#place(path);
    if (
      flags === 'wx' &&
      (await this.#do(path, () => this.#statIn(place.folder, place.name))) !== undefined
    ) {
      throw codedError('EEXIST', `${path} exists already`);
    }
    const file =
      flags === 'r+'
        ? await this.#file(place, path)
        : await this.#do(path, () => place.folder.getFileHandle(place.name, { create: true }));
    return this.#patiently(path, () => file.createSyncAccessHandle());
  }

  /** A folder that is missing where something is about to be written was there before, if only a moment ago. */
  async #unlessEvicted<T>(path: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isAbsent(error)) throw error;
      const isThere = await this.#place(path).then(
        () => true,
        (reason: unknown) => !isAbsent(reason),
      );
      throw isThere ? error : evicted(path.slice(0, Math.max(0, path.lastIndexOf('/'))), error);
    }
  }

  async #place(path: string): Promise<Place> {
    const parts = partsOf(path);
    const name = parts.at(-1);
    if (name === undefined) throw codedError('EISDIR', `${path} is the root of the private file system`);
    return { folder: await this.#folder(parts.slice(0, -1), path), name };
  }

  async #folder(parts: readonly string[], path: string): Promise<FileSystemDirectoryHandle> {
    let folder = this.#root;
    for (const part of parts) folder = await this.#do(path, () => folder.getDirectoryHandle(part), 'ENOTDIR');
    return folder;
  }

  /** Does it again for a while if somebody has the file open: that may be over in a moment. */
  #patiently<T>(path: string, work: () => Promise<T>): Promise<T> {
    return this.#do(path, async () => {
      const begun = performance.now();
      for (let pause = 5; ; pause = Math.min(2 * pause, 200)) {
        try {
          return await work();
        } catch (error) {
          if (!isLocked(error) || performance.now() - begun > patience) throw error;
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
    });
  }

  async #do<T>(path: string, work: () => Promise<T>, mismatch?: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await asFileError(visible(path), error, mismatch);
    }
  }

  #park(path: string, access: FileSystemSyncAccessHandle): void {
    this.#letGoParked();
    const timer = setTimeout(() => {
      this.#letGoParked();
    }, parkedFor);
    this.#parked = { path: opfsPaths.resolve(path), access, timer };
  }

  #takeParked(path: string): FileSystemSyncAccessHandle | undefined {
    if (this.#parked?.path !== opfsPaths.resolve(path)) return undefined;
    const { access, timer } = this.#parked;
    clearTimeout(timer);
    this.#parked = undefined;
    return access;
  }

  #letGo(...paths: readonly string[]): void {
    if (paths.some((path) => this.#parked?.path === opfsPaths.resolve(path))) this.#letGoParked();
  }

  #letGoParked(): void {
    if (this.#parked === undefined) return;
    clearTimeout(this.#parked.timer);
    this.#parked.access.close();
    this.#parked = undefined;
  }
}
