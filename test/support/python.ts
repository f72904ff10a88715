import { spawnSync } from 'node:child_process';

/** Importing PyTorch takes seconds: that it is installed is enough. */
const search = `
import importlib.util, sys
sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))`;

/** A Python that has these modules: Debian's, whose packages CONTRIBUTING.md names, or else the first in the path. */
export function findPython(...modules: readonly string[]): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', search, ...modules]).status === 0,
  );
}
