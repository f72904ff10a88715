import { statfs } from 'node:fs/promises';
import type { Space } from '../../hub/room.ts';

/** The room on a folder's disk. `freeBytes` takes the place of the system's answer. */
export function diskSpace(folder: string, freeBytes = freeOnDisk): Space {
  return {
    free: () => freeBytes(folder),
    tooSmall: (free) =>
      `the disk of ${folder} has ${free} free: make room, or name another folder with HF_HUB_CACHE`,
  };
}

/** Bytes that may be written into a folder; infinite where the system does not report it. */
async function freeOnDisk(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Infinity,
  );
}
