import * as portable from '../run/folder/files.ts';
import { nodeFiles } from './file-system.ts';

export { temporarySuffix } from '../run/folder/files.ts';

/**
 * Replaces `path` with `data`, whole or in parts that are made as they are written, so that at every moment, power cuts
 * included, the file is the old one or the new one. With `keepAs` what it replaces stays under that name. Throws a
 * `CardinalError` if the disk is full, read-only or not ours to write.
 */
export function writeFileAtomic(
  path: string,
  data: Uint8Array | string | AsyncIterable<Uint8Array>,
  options: portable.WriteOptions = {},
): Promise<void> {
  return portable.writeFileAtomic(path, data, options, nodeFiles);
}

/**
 * The bytes of an ordinary file. Throws a `CardinalError` if it is not there, anything else, not ours to read or larger than
 * `most` bytes.
 */
export function readFile(path: string, most?: number): Promise<Uint8Array> {
  return portable.readFile(path, most, nodeFiles);
}

/** The UTF-8 text of a file, with the errors of `readFile`. */
export function readTextFile(path: string, most?: number): Promise<string> {
  return portable.readTextFile(path, most, nodeFiles);
}

/** Removes a file, if it is there. Throws a `CardinalError`. */
export function removeFile(path: string): Promise<void> {
  return portable.removeFile(path, nodeFiles);
}

/** Removes a folder, unless there is something in it or it has to stay. Throws a `CardinalError` if the disk fails. */
export function removeFolderIfEmpty(path: string): Promise<void> {
  return portable.removeFolderIfEmpty(path, nodeFiles);
}

/** Makes a folder and those on the way to it, durably. Throws a `CardinalError`. */
export function makeFolder(path: string): Promise<void> {
  return portable.makeFolder(path, nodeFiles);
}

/** Whether there is a folder. Throws a `CardinalError` if that is not known. */
export function isFolder(path: string): Promise<boolean> {
  return portable.isFolder(path, nodeFiles);
}

/** What lies in a folder; nothing, if there is no such folder. Throws a `CardinalError`. */
export function namesIn(path: string): Promise<readonly string[]> {
  return portable.namesIn(path, nodeFiles);
}
