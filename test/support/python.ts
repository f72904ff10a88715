import { spawnSync } from 'node:child_process';

/** A Python that has these modules: Debian's, whose packages CONTRIBUTING.md names, or else the first in the path. */
export function findPython(...modules: readonly string[]): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0,
  );
}
