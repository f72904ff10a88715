import { hasCode } from '../../base/file-errors.ts';
import { makeFolder, namesIn, removeFile, removeFolderIfEmpty } from '../../run/folder/files.ts';
import type { FolderPlatform } from '../../run/folder/platform.ts';
import { isLockedFolder, lockFolder } from './lock.ts';

/** Where what is of use for a while lies: exported runs, which pages have not saved yet. */
const scratch = 'opfs:.cardinal/scratch';

/**
 * Makes a folder that is kept as long as this worker lives. What earlier workers left is removed. Throws a `CardinalError` if it cannot
 * be made.
 */
export async function scratchFolder(platform: FolderPlatform): Promise<string> {
  await clearScratch(platform);
  const path = platform.paths.join(scratch, crypto.randomUUID());
  // Never released: it goes with the worker.
  await lockFolder(path);
  await makeFolder(path, platform);
  return path;
}

/** Removes what workers left that are gone. */
async function clearScratch(platform: FolderPlatform): Promise<void> {
  for (const name of await namesIn(scratch, platform)) {
    const path = platform.paths.join(scratch, name);
    if (await isLockedFolder(path)) continue;
    for (const file of await namesIn(path, platform)) {
      // A page may be reading it: then it stays until the next time.
      await removeFile(platform.paths.join(path, file), platform).catch((error: unknown) => {
        if (!hasCode(error, 'EBUSY')) throw error;
      });
    }
    await removeFolderIfEmpty(path, platform);
  }
}
