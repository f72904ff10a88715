import { readFileSync } from 'node:fs';

/** Cardinal's version, from the package that this file belongs to; `unknown` where it was bundled into another program. */
export function version(): string {
  // Built files lie in dist/src, a folder deeper than the sources.
  return versionAt('../../../package.json') ?? versionAt('../../package.json') ?? 'unknown';
}

function versionAt(path: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    const isOurs = 'name' in manifest && manifest.name === 'cardinal-nn' && 'version' in manifest;
    return isOurs ? String(manifest.version) : undefined;
  } catch {
    return undefined;
  }
}
