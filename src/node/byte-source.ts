import { open, type FileHandle } from 'node:fs/promises';
import { requireInside, type ByteSource } from '../weights/byte-source.ts';
import { fileError } from './files.ts';

/** A file on the disk as a source of bytes, with the handle to close when it is done with. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/** Opens a file for reading here and there. Throws a `CardinalError` if it is not there, not a file or not ours to read. */
export async function openFileSource(path: string): Promise<FileSource> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const information = await file.stat();
    if (information.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    return sourceOf(path, information.size, file);
  } catch (error) {
    await file?.close();
    throw fileError('read', path, error);
  }
}

function sourceOf(path: string, size: number, file: FileHandle): FileSource {
  return {
    name: path,
    size,
    close: () => file.close(),
    async read(begin, length) {
      requireInside({ name: path, size }, begin, length);
      // A buffer of its own, not a part of Node's pool, so that numbers can be seen in it without a copy.
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file
          .read(bytes, done, length - done, begin + done)
          .catch((error: unknown) => {
            throw fileError('read', path, error);
          });
        // The file became shorter meanwhile.
        if (bytesRead === 0) requireInside({ name: path, size: begin + done }, begin, length);
        done += bytesRead;
      }
      return bytes;
    },
  };
}
