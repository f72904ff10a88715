import { rmSync } from 'node:fs';

const files = new Set<string>();

/**
 * Has a file removed when the process exits before the function that this gives is called: it is of use to nobody but this process. One
 * that is killed leaves it.
 */
export function removeAtExit(path: string): () => void {
  if (files.size === 0) process.on('exit', removeAll);
  files.add(path);
  return () => {
    files.delete(path);
    if (files.size === 0) process.off('exit', removeAll);
  };
}

function removeAll(): void {
  for (const path of files) {
    try {
      rmSync(path, { force: true });
    } catch {
      // Nobody is left to report it to.
    }
  }
}
