import { stat } from 'node:fs/promises';
import { fileError, hasCode } from '../base/file-errors.ts';

/** What lies at a path: undefined if nothing does. Throws a `CardinalError` if that cannot be known. */
export async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  const info = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    throw fileError('open', path, error);
  });
  return info && (info.isDirectory() ? 'folder' : 'file');
}
