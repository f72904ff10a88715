import { stat } from 'node:fs/promises';

/**
 * What changes when a file is written to or replaced, be it by a rename or at the end of a link; undefined if it is not there. Nothing is
 * read: a look costs next to nothing.
 */
export async function fingerprintOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  const { dev, ino, size, mtimeNs } = found;
  return [dev, ino, size, mtimeNs].join(':');
}
