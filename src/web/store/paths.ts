import type { Paths } from '../../run/folder/file-system.ts';
import { codedError } from './errors.ts';

/** What begins the name of a file or folder of this site's private file system. */
export const opfsPrefix = 'opfs:';

/** Whether a text names something in the private file system. */
export function isOpfsPath(text: string): boolean {
  return text.startsWith(opfsPrefix);
}

/** Bytes of a name that every disk takes: a run is exported to one. */
const longestName = 255;

/**
 * The names on the way to a place, from the root on: `opfs:runs/pets` → `runs`, `pets`. Throws an error with the code `EINVAL` for
 * names that a browser refuses, or that mean another place in it (`..`).
 */
export function partsOf(path: string): string[] {
  const parts = (isOpfsPath(path) ? path.slice(opfsPrefix.length) : path)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  for (const part of parts) {
    if (part === '..' || part.includes('\\') || part.includes('\0')) {
      throw codedError('EINVAL', `${JSON.stringify(part)} is no name of a file or folder`);
    }
    if (new TextEncoder().encode(part).length > longestName) {
      throw codedError('ENAMETOOLONG', 'the name is too long');
    }
  }
  return parts;
}

/** Paths of the private file system: `opfs:` is its root, and what has no `opfs:` in front means the same place. */
export const opfsPaths: Paths = {
  join: (folder, name) => pathOf([...partsOf(folder), ...partsOf(name)]),
  dirname: (path) => pathOf(partsOf(path).slice(0, -1)),
  basename: (path) => partsOf(path).at(-1) ?? '',
  resolve: (path) => pathOf(partsOf(path)),
};

function pathOf(parts: readonly string[]): string {
  return opfsPrefix + parts.join('/');
}
