import { fileError, hasCode } from '../../base/file-errors.ts';
import type { FilePlatform, OpenFile, OpenFlags } from './file-system.ts';

export interface WriteOptions {
  /** The name under which what is replaced stays, in place of what had it. */
  readonly keepAs?: string;
}

/**
 * Replaces `path` with `data`, whole or in parts that are made as they are written, so that at every moment, power cuts
 * included, the file is the old one or the new one: written to a temporary file in the same folder, synced, renamed, the
 * folder synced. Nothing is left behind on failure.
 *
 * With `keepAs` what it replaces stays under that name, in place of what had it. Then there is a moment without a file `path`:
 * killed in it, a process leaves the earlier file under the other name.
 *
 * Throws a `CardinalError` if the disk is full, read-only or not ours to write.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string | AsyncIterable<Uint8Array>,
  { keepAs }: WriteOptions,
  platform: FilePlatform,
): Promise<void> {
  const { files, paths } = platform;
  const folder = paths.dirname(path);
  const temporary = paths.join(folder, `.${paths.basename(path)}.${crypto.randomUUID()}${temporarySuffix}`);
  const isGone = platform.removeAtExit(temporary);
  try {
    await withFile(temporary, 'wx', platform, async (file) => {
      if (typeof data === 'string') await writeAll(file, new TextEncoder().encode(data));
      else if (data instanceof Uint8Array) await writeAll(file, data);
      else for await (const part of data) await writeAll(file, part);
      await file.sync();
    });
    if (keepAs !== undefined) await renameIfThere(path, keepAs, platform);
    await files.rename(temporary, path);
    isGone();
  } catch (error) {
    // The first error is the one to report; the next one to open the run takes away what could not be removed here.
    await removeFile(temporary, platform).then(isGone, () => undefined);
    throw fileError('write', path, error);
  }
  await syncNamesIn(folder, platform);
}

async function renameIfThere(from: string, to: string, { files }: FilePlatform): Promise<void> {
  try {
    await files.rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Ends the name of files that `writeFileAtomic` had no time to rename: a killed process leaves one. */
export const temporarySuffix = '.tmp';

/** Whether a name is one that `writeFileAtomic` gives for a while. */
export function isTemporary(name: string): boolean {
  return /^\..+\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/.test(name);
}

/**
 * Adds `data` at the end of a file, which is made if it is not there. If it cannot be written to its end nothing of it stays,
 * as far as the file system allows. Throws a `CardinalError` as `writeFileAtomic` does.
 */
export async function appendToFile(path: string, data: string, platform: FilePlatform): Promise<void> {
  try {
    await withFile(path, 'a', platform, async (file) => {
      const { size } = await file.stat();
      try {
        await writeAll(file, new TextEncoder().encode(data));
      } catch (error) {
        // Half a line would spoil the next one.
        await file.truncate(size).catch(() => undefined);
        throw error;
      }
    });
  } catch (error) {
    throw fileError('write', path, error);
  }
}

/** Makes what was added to a file durable, if there is one. Throws a `CardinalError`. */
export async function syncFile(path: string, platform: FilePlatform): Promise<void> {
  try {
    await withFile(path, 'r+', platform, (file) => file.sync());
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw fileError('write', path, error);
  }
}

/** Cuts a file to so many bytes, durably; a file that is not longer stays as it is. Throws a `CardinalError`. */
export async function cutFile(path: string, size: number, platform: FilePlatform): Promise<void> {
  try {
    await withFile(path, 'r+', platform, async (file) => {
      if ((await file.stat()).size <= size) return;
      await file.truncate(size);
      await file.sync();
    });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw fileError('write', path, error);
  }
}

/**
 * The bytes of an ordinary file. Throws a `CardinalError` if it is not there, anything else, not ours to read or larger than
 * `most` bytes.
 */
export async function readFile(
  path: string,
  most: number | undefined,
  { files }: FilePlatform,
): Promise<Uint8Array> {
  try {
    return await files.readFile(path, most);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** The most characters that a string has in any of the engines. */
const longestText = 2 ** 29 - 24;

/** The UTF-8 text of a file of at most `most` bytes, with the errors of `readFile`. */
export async function readTextFile(
  path: string,
  most: number | undefined,
  platform: FilePlatform,
): Promise<string> {
  return new TextDecoder().decode(await readFile(path, most ?? longestText, platform));
}

/** The UTF-8 text of the first `most` bytes of a file. Throws a `CardinalError`. */
export async function readBeginning(path: string, most: number, platform: FilePlatform): Promise<string> {
  const bytes = new Uint8Array(most);
  let size = 0;
  try {
    await withFile(path, 'r', platform, async (file) => {
      for (let more = -1; more !== 0 && size < most; size += more) {
        more = await file.read(bytes.subarray(size), size);
      }
    });
  } catch (error) {
    throw fileError('read', path, error);
  }
  return new TextDecoder().decode(bytes.subarray(0, size));
}

/** Removes a file, if it is there. Throws a `CardinalError`. */
export async function removeFile(path: string, { files }: FilePlatform): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw fileError('remove', path, error);
  }
}

/** Removes a folder, unless there is something in it or it has to stay. Throws a `CardinalError` if the disk fails. */
export async function removeFolderIfEmpty(path: string, { files }: FilePlatform): Promise<void> {
  try {
    await files.rmdir(path);
  } catch (error) {
    if (!hasCode(error, ...mayStay)) throw fileError('remove', path, error);
  }
}

/** What is not empty (some systems say EEXIST), or is `.`, a mount, or in a folder that is not ours to change. */
const mayStay = ['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EINVAL', 'EBUSY', 'EACCES', 'EPERM'];

/**
 * Makes a folder and those on the way to it, durably: the name of each is synced. So is that of the last one that was there,
 * which a killed process may have made a moment ago. Throws a `CardinalError`.
 */
export async function makeFolder(path: string, platform: FilePlatform): Promise<void> {
  try {
    await makeFolders(path, platform);
  } catch (error) {
    throw fileError('make the folder', path, error);
  }
}

async function makeFolders(path: string, platform: FilePlatform): Promise<void> {
  const parent = platform.paths.dirname(path);
  if (!(await isFolder(path, platform))) {
    if (parent !== path) await makeFolders(parent, platform);
    try {
      await platform.files.mkdir(path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      // Another process may have been faster; else what has the name is no folder.
      if (!(await isFolder(path, platform)))
        throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    }
  }
  await syncNamesIn(parent, platform);
}

/** Whether there is a folder. Throws a `CardinalError` if that is not known. */
export async function isFolder(path: string, { files }: FilePlatform): Promise<boolean> {
  try {
    return (await files.stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw fileError('open', path, error);
  }
}

/** What lies in a folder; nothing, if there is no such folder. Throws a `CardinalError`. */
export async function namesIn(path: string, { files }: FilePlatform): Promise<readonly string[]> {
  try {
    return await files.readdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw fileError('read the folder', path, error);
  }
}

/**
 * Makes what was renamed, made or removed in a folder durable, where a folder can be synced. Throws a `CardinalError` if the
 * disk fails.
 */
async function syncNamesIn(path: string, { files }: FilePlatform): Promise<void> {
  try {
    await files.syncFolder(path);
  } catch (error) {
    if (!hasCode(error, ...cannotSync)) throw fileError('write to the folder', path, error);
  }
}

/**
 * What a system says that opens no folders (Windows; a folder that may be written but not read), or a file system that syncs
 * none: there, the synced file is all that can be done. Whatever else it says, EIO for instance, is a failure.
 */
const cannotSync = [
  ...['EACCES', 'EPERM', 'EISDIR', 'EBADF', 'EINVAL'],
  ...['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY'],
];

/** Writes all of it, however few bytes the system takes at a time. */
async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const written = await file.write(bytes.subarray(at, at + largestWrite));
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
    at += written;
  }
}

/** Bytes that are written at once: systems take no more than 2 GiB. */
const largestWrite = 2 ** 24;

async function withFile(
  path: string,
  flags: OpenFlags,
  { files }: FilePlatform,
  body: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const file = await files.open(path, flags);
  try {
    await body(file);
  } catch (error) {
    // It says more than that closing failed, too.
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
}
