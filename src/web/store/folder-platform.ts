import type { FileSystem } from '../../run/folder/file-system.ts';
import type { FolderPlatform } from '../../run/folder/platform.ts';
import { openFileSystem } from './file-system.ts';
import { gunzip } from './gunzip.ts';
import { lockFolder } from './lock.ts';
import { opfsPaths } from './paths.ts';

let opened: Promise<FileSystem> | undefined;

/**
 * Run folders in this site's private file system, for a dedicated worker. Throws a `CardinalError` where there is none to be had.
 */
export async function openFolderPlatform(): Promise<FolderPlatform> {
  opened ??= openFileSystem();
  const files = await opened.catch((error: unknown) => {
    // It may be there the next time.
    opened = undefined;
    throw error;
  });
  return {
    files,
    paths: opfsPaths,
    // A worker has no moment at its end: what it leaves is removed when the run is opened again.
    removeAtExit: () => () => undefined,
    lockFolder,
    gunzip,
  };
}
