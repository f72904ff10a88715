import { constants } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CardinalError, messageOf } from '../base/errors.ts';
import { NotReadableError, readRegular } from './regular-file.ts';

/**
 * Replaces `path` with `data`, whole or in parts that are made as they are written, so that at every moment, power cuts
 * included, the file is the old one or the new one: written to a temporary file in the same folder, synced, renamed, the
 * folder synced. Nothing is left behind on failure.
 * Throws a `CardinalError` if the disk is full, read-only or not ours to write.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}${temporarySuffix}`);
  try {
    await withFile(temporary, 'wx', async (file) => {
      await file.writeFile(data);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError('write', path, error);
  }
  await syncFolder(dirname(path));
}

/** Ends the name of files that `writeFileAtomic` had no time to rename: a killed process leaves one. */
export const temporarySuffix = '.tmp';

/**
 * The bytes of an ordinary file. Throws a `CardinalError` if it is not there, anything else, not ours to read or larger than
 * `most` bytes.
 */
export async function readFile(path: string, most?: number): Promise<Uint8Array> {
  try {
    return await readRegular(path, most);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** The UTF-8 text of a file, with the errors of `readFile`. */
export async function readTextFile(path: string, most = constants.MAX_STRING_LENGTH): Promise<string> {
  return new TextDecoder().decode(await readFile(path, most));
}

/** Whether an error of the file system has one of these codes (`ENOENT`, …). */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What the file system said, in words and with what to do. */
export function fileError(verb: string, path: string, error: unknown): CardinalError {
  if (error instanceof CardinalError) return error;
  const reason = fileReason(error) ?? messageOf(error).split('\n')[0];
  return new CardinalError(`cannot ${verb} ${path}: ${reason}`, { cause: error });
}

/** Why a file could not be used, in words, without the path; undefined if the file system did not say it. */
export function fileReason(error: unknown): string | undefined {
  if (error instanceof NotReadableError) return error.reason;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return Object.hasOwn(reasons, code) ? reasons[code] : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room or choose another place',
  EDQUOT: 'the disk quota is used up; make room or choose another place',
  EROFS: 'the file system is read-only; choose another place',
  EACCES: 'permission denied; choose another place or change its permissions',
  EPERM: 'permission denied; choose another place or change its permissions',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'it exists already',
  EFBIG: 'the file is too large for this file system',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
};

async function withFile(
  path: string,
  flags: string,
  body: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await body(file);
  } finally {
    await file.close();
  }
}

/** Makes a rename durable. Windows and some network file systems cannot sync a folder; there the file itself is synced. */
async function syncFolder(path: string): Promise<void> {
  await withFile(path, 'r', (folder) => folder.sync()).catch(() => undefined);
}
