import { CardinalError } from '../../base/errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { packRun, type PackOptions } from '../../run/archive/pack.ts';
import { unpackRun, type UnpackOptions } from '../../run/archive/unpack.ts';
import {
  isFolder,
  namesIn,
  removeFile,
  removeFolderIfEmpty,
  writeFileAtomic,
} from '../../run/folder/files.ts';
import { isCheckpointName } from '../../run/folder/run-remains.ts';
import { startFiles } from '../../run/folder/start-files.ts';
import type { FolderPlatform } from '../../run/folder/platform.ts';
import { blobSource } from './blob-source.ts';
import { StoreError } from './errors.ts';
import { fileAt } from './file-at.ts';
import { scratchFolder } from './scratch.ts';

/** Exports a run as one file, on the disk: it can be read as long as this worker lives. */
export async function exportRun(path: string, options: PackOptions, platform: FolderPlatform): Promise<File> {
  await requireRun(path, platform);
  const folder = await scratchFolder(platform);
  const file = platform.paths.join(folder, `${platform.paths.basename(path)}.zip`);
  await writeFileAtomic(file, packRun(path, options, platform), {}, platform);
  return fileAt(file);
}

/** Imports what `exportRun` or `cardinal pack` gave, or a zip archive of a run folder. */
export async function importRun(
  file: Blob,
  path: string,
  options: UnpackOptions,
  platform: FolderPlatform,
): Promise<void> {
  const name = 'name' in file && typeof file.name === 'string' && file.name !== '' ? file.name : 'the file';
  await unpackRun(blobSource(file, name), path, options, platform);
}

/**
 * Deletes a run with all that is in its folder, checkpoints first. Throws a `CardinalError` if there is none, an `InUseError` if
 * somebody trains in it.
 */
export async function deleteRun(path: string, platform: FolderPlatform): Promise<void> {
  await requireRun(path, platform);
  const lock = await platform.lockFolder(path, { what: 'run folder' });
  try {
    const names = (await namesIn(path, platform)).toSorted(
      (a, b) => Number(isCheckpointName(b)) - Number(isCheckpointName(a)) || byCodePoint(a, b),
    );
    for (const name of names) {
      const file = platform.paths.join(path, name);
      if (!(await isFolder(file, platform))) await removeFile(file, platform);
    }
    await removeFolderIfEmpty(path, platform);
  } finally {
    await lock.release();
  }
}

/** Whether a folder of these names is a run's, or what is left of one. */
export function isRun(names: readonly string[]): boolean {
  return names.some((name) => isCheckpointName(name) || (startFiles as readonly string[]).includes(name));
}

/** Throws a `CardinalError` unless there is a run. */
export async function requireRun(path: string, platform: FolderPlatform): Promise<void> {
  const shown = platform.paths.resolve(path);
  if (!(await isFolder(path, platform))) throw await noRun(shown);
  if (!isRun(await namesIn(path, platform)))
    throw new CardinalError(`no run in ${shown}: it is empty, or holds other files`);
}

/** What to say where a run is not, or not any more. */
export async function noRun(path: string): Promise<StoreError> {
  const isKept = await navigator.storage.persisted().catch(() => false);
  const hint = isKept
    ? 'check its name (listRuns)'
    : 'check its name (listRuns); if it was there, the browser has deleted the data of this site to make room, which it does unless it was allowed to keep it: import a copy (importRun)';
  return new StoreError('ENOENT', `no run ${path}: ${hint}`);
}
