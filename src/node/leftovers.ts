import { rmSync } from 'node:fs';

const paths = new Set<string>();

/**
 * Has a file or folder removed when the process exits before the function that this gives is called: it is of use to nobody but this process. One
 * that is killed leaves it.
 */
export function removeAtExit(path: string): () => void {
  if (paths.size === 0) process.on('exit', removeAll);
  paths.add(path);
  return () => {
    paths.delete(path);
    if (paths.size === 0) process.off('exit', removeAll);
  };
}

function removeAll(): void {
  for (const path of paths) {
    try {
      rmSync(path, { force: true, recursive: true });
    } catch {
      // Nobody is left to report it to.
    }
  }
}
