import { fileError } from '../../base/file-errors.ts';
import { asFileError } from './errors.ts';
import { opfsPaths, partsOf } from './paths.ts';
import { privateRoot } from './root.ts';

/** A file of the private file system as a `File`, which reads it from the disk. Throws a `CardinalError` if it is not there. */
export async function fileAt(path: string): Promise<File> {
  try {
    let folder = await privateRoot();
    for (const part of partsOf(opfsPaths.dirname(path))) folder = await folder.getDirectoryHandle(part);
    return await (await folder.getFileHandle(opfsPaths.basename(path))).getFile();
  } catch (error) {
    throw fileError('read', path, await asFileError(path, error));
  }
}
